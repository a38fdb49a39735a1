"""The URLs of the pages."""

from django.urls import path

from assistant_app.pages.account import views as accounts
from assistant_app.pages.applications import views as applications
from assistant_app.pages.emails import shelves
from assistant_app.pages.emails import views as emails
from assistant_app.pages.history import views as history
from assistant_app.pages.settings import identities as own_identities
from assistant_app.pages.settings import notes as own_notes
from assistant_app.pages.settings import own_data
from assistant_app.pages.settings import views as preferences
from assistant_app.pages.work import versions
from assistant_app.pages.work import views as work

urlpatterns = [
    path("", emails.email_list, name="email_list"),
    path("archive/", shelves.archive, name="archive"),
    path("trash/", shelves.trash_emails, name="trash"),
    path("undo/", shelves.undo, name="undo"),
    path("new/", emails.email_new, name="email_new"),
    path("new/pasted/", emails.email_pasted, name="email_pasted"),
    path("new/sample/", emails.email_sample, name="email_sample"),
    path("new/<slug:workflow>/", applications.application_new, name="application_new"),
    path("a/<uuid:app_id>/", applications.application, name="email"),
    path("a/<uuid:app_id>/reply.txt", work.email_reply, name="email_reply"),
    path("a/<uuid:app_id>/reply.eml", work.email_reply_eml, name="email_reply_eml"),
    path("a/<uuid:app_id>/envelope/", work.email_envelope, work.ENVELOPE, name="email_envelope"),
    path("a/<uuid:app_id>/retry/", applications.application_retry, name="email_retry"),
    path("a/<uuid:app_id>/skip-questions/", work.email_skip_questions, name="email_skip_questions"),
    path("a/<uuid:app_id>/cancel/", applications.application_cancel, name="email_cancel"),
    path("a/<uuid:app_id>/stream/", applications.application_stream, name="email_stream"),
    path("a/<uuid:app_id>/title/", shelves.email_title, name="email_title"),
    path("a/<uuid:app_id>/delete/", emails.email_delete, name="email_delete"),
    path("a/<uuid:app_id>/history/", history.email_history, name="email_history"),
    path("a/<uuid:app_id>/history/<int:number>/", history.email_history_step, name="email_history_step"),
    path("a/<uuid:app_id>/calls/<int:number>/", history.email_call, name="email_call"),
    path("a/<uuid:app_id>/drafts/<int:draft>/edit/", versions.email_edit, versions.EDIT, name="email_edit"),
    path("a/<uuid:app_id>/write/", versions.email_write, versions.WRITE, name="email_write"),
    path("a/<uuid:app_id>/compare/", versions.email_compare, name="email_compare"),
    path("a/<uuid:app_id>/fork/", applications.application_fork, name="email_fork"),
    path("a/<uuid:app_id>/aside/", versions.email_aside, name="email_aside"),
    # Must come last below `a/`: it matches any human step.
    path("a/<uuid:app_id>/<str:step>/", applications.application_step, name="email_step"),
    path("welcome/", accounts.welcome, name="welcome"),
    path("welcome/you/", accounts.about_you, name="about_you"),
    path("sign-in/", accounts.sign_in, name="sign_in"),
    path("sign-out/", accounts.sign_out, name="sign_out"),
    path("sign-up/", accounts.sign_up, name="sign_up"),
    path("password/", accounts.password, name="password"),
    path("usage/", preferences.usage_page, name="usage"),
    path("keys/", preferences.keys_page, name="keys"),
    path("settings/", preferences.settings_page, name="settings"),
    path("settings/model/", preferences.model_page, name="settings_model"),
    path("settings/data/", preferences.data_page, name="settings_data"),
    path("settings/you/", preferences.save_you, name="save_you"),
    path("settings/identities/", own_identities.identities_page, name="identities"),
    path("settings/identities/delete/", own_identities.delete_identity, name="delete_identity"),
    path("settings/notes/", own_notes.notes_page, name="notes"),
    path("settings/notes/delete/", own_notes.delete_note, name="delete_note"),
    path("settings/notes/add/", own_notes.add_notes, name="add_notes"),
    path("settings/notes/export/", own_notes.export_notes, name="export_notes"),
    path("settings/export/", own_data.export_own, name="export_own"),
    path("settings/erase/", own_data.erase_own, name="erase_own"),
    path("settings/tokens/", preferences.tokens, name="tokens"),
    path("settings/tokens/revoke/", preferences.revoke_token, name="revoke_token"),
]
