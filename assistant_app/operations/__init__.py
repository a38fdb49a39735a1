"""What owners can do with their applications. Every door calls these. `operating` is for operators."""

from assistant_app.operations.answering import cancel as cancel
from assistant_app.operations.answering import create as create
from assistant_app.operations.answering import delete as delete
from assistant_app.operations.answering import finished as finished
from assistant_app.operations.answering import fork as fork
from assistant_app.operations.answering import get as get
from assistant_app.operations.answering import relative as relative
from assistant_app.operations.answering import reply_message as reply_message
from assistant_app.operations.answering import retry as retry
from assistant_app.operations.answering import submit as submit
from assistant_app.operations.answering import wait_until_claimed as wait_until_claimed
from assistant_app.operations.answering import wait_until_ended as wait_until_ended
