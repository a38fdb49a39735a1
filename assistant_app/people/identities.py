"""The names and addresses with which a person writes. They decide which addresses are the person's own."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from assistant_app.errors import ApplicationNotFound, InvalidInput, too_long
from assistant_app.mail.addresses import LONGEST_ADDRESS, addresses_in
from assistant_app.mail.hidden import one_line, without_hidden
from assistant_app.mail.proposed_envelope import mailbox
from assistant_app.models import IdempotencyKey, Identity, Preferences
from assistant_app.models.people import LONGEST_NAME, LONGEST_SIGNATURE, identities_of
from assistant_app.operations.idempotency import once, store_record
from assistant_app.phrases import gettext_noop

MOST = 20  # of one person
MOST_ADDRESSES = 20  # of one identity
LONGEST_LIST = MOST_ADDRESSES * (LONGEST_ADDRESS + 2)  # characters typed


def save(
    *,
    actor: AbstractBaseUser,
    pk: int | None,
    name: str,
    addresses: str,
    is_default: bool,
    signature: str | None = None,
    key: IdempotencyKey | None = None,
) -> Identity:
    """Add an identity, or change the one with this number. Raise `InvalidInput`.

    `addresses` are written as in a header line, or one on each line. The first identity is the default, which
    needs no address. Without a `signature`, it keeps its own. Raise `ApplicationNotFound` if the request
    repeats another one whose identity is gone.
    """
    return once(
        key,
        lambda: _save(actor, pk, name, addresses, is_default, signature, key),
        lambda found: one(actor, found.record_number),
    )


def _save(
    actor: AbstractBaseUser,
    pk: int | None,
    name: str,
    addresses: str,
    is_default: bool,
    signature: str | None,
    key: IdempotencyKey | None,
) -> Identity:
    name, specs = one_line(name), _cleaned(addresses)
    signature = signature if signature is None else _lines(signature)
    if len(name) > LONGEST_NAME:
        problem = too_long(name, LONGEST_NAME)
        raise InvalidInput(fields={"name": [problem]})
    with transaction.atomic():
        _lock(actor)
        mine = Identity.objects.filter(owner_id=actor.pk)
        identity = mine.filter(pk=pk).first() if pk is not None else Identity(owner_id=actor.pk)
        if identity is None:
            problem = gettext_noop("It was deleted in another window. Add it again, if you want.")
            raise InvalidInput(fields={"gone": [problem]})
        others = mine.exclude(pk=identity.pk)
        if identity.pk is None and others.count() >= MOST:
            raise InvalidInput(
                fields={"addresses": [gettext_noop("%(most)s are enough. Delete one first.", most=MOST)]}
            )
        _refuse_doubles(specs, others)
        identity.name, identity.addresses = name, specs
        identity.signature = identity.signature if signature is None else signature
        is_default = is_default or identity.is_default or not others.exists()
        if is_default:
            others.filter(is_default=True).update(is_default=False)
            _sign(actor, name, is_new=not identity.is_default)
        if not specs and not (is_default and (name or identity.signature)):
            raise InvalidInput(fields={"addresses": [gettext_noop("Write at least one address.")]})
        identity.is_default = is_default
        identity.save()
        store_record(key, identity.pk)
    return identity


def delete(*, actor: AbstractBaseUser, pk: int, key: IdempotencyKey | None = None) -> None:
    """Delete an identity. After the default one, the oldest is the default. Raise `ApplicationNotFound`."""
    once(key, lambda: _delete(actor, pk, key), lambda _: None)


def _delete(actor: AbstractBaseUser, pk: int, key: IdempotencyKey | None) -> None:
    with transaction.atomic():
        _lock(actor)
        mine = Identity.objects.filter(owner_id=actor.pk)
        if not mine.filter(pk=pk).delete()[0]:
            raise ApplicationNotFound
        if not mine.filter(is_default=True).exists() and (oldest := mine.first()):
            _sign(actor, oldest.name, is_new=True)
            mine.filter(pk=oldest.pk).update(is_default=True)
        store_record(key, pk)


def one(actor: AbstractBaseUser, pk: int) -> Identity:
    """Return one of a person's identities. Raise `ApplicationNotFound`."""
    found = next((each for each in identities_of(actor.pk) if each.pk == pk), None)
    if found is None:
        raise ApplicationNotFound
    return found


def orphans() -> QuerySet[Identity]:
    """Return identities of accounts that a previous version erased."""
    return Identity.objects.exclude(owner__in=User.objects.all())


def _lock(actor: AbstractBaseUser) -> None:
    """Make other changes of this person's identities wait, so that one of them is the default."""
    list(User.objects.select_for_update().filter(pk=actor.pk).values_list("pk"))


def _sign(actor: AbstractBaseUser, name: str, *, is_new: bool) -> None:
    """Sign with the name of the default identity. A new default without a name leaves the name as it is."""
    if name or not is_new:
        Preferences.objects.update_or_create(owner_id=actor.pk, defaults={"signature": name})


def _cleaned(typed: str) -> list[str]:
    """Return the addresses in a text. Raise `InvalidInput` if it has something else."""
    if len(typed) > LONGEST_LIST:
        problem = gettext_noop("It is too long: %(most)s addresses fit.", most=MOST_ADDRESSES)
        raise InvalidInput(fields={"addresses": [problem]})
    found: list[str] = []
    for line in filter(None, map(one_line, re.split(r"[\n,;]", typed))):
        each = addresses_in(line)
        if len(each) != 1:
            raise InvalidInput(
                fields={"addresses": [gettext_noop("“%(line)s” is no email address.", line=line[:100])]}
            )
        found.append(each[0].addr_spec)
    found = list({mailbox(spec): spec for spec in reversed(found)}.values())[::-1]
    if len(found) > MOST_ADDRESSES:
        raise InvalidInput(
            fields={"addresses": [gettext_noop("%(most)s addresses fit.", most=MOST_ADDRESSES)]}
        )
    return found


def _lines(signature: str) -> str:
    """Return a signature without spaces at its ends and hidden characters. Raise `InvalidInput`."""
    signature = without_hidden(signature.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", ""))
    signature = "\n".join(line.rstrip() for line in signature.split("\n")).strip("\n")
    if len(signature) > LONGEST_SIGNATURE:
        problem = too_long(signature, LONGEST_SIGNATURE)
        raise InvalidInput(fields={"signature": [problem]})
    return signature


def _refuse_doubles(specs: Iterable[str], others: QuerySet[Identity]) -> None:
    taken = {mailbox(spec) for each in others.values_list("addresses", flat=True) for spec in each}
    if doubled := next((spec for spec in specs if mailbox(spec) in taken), None):
        problem = gettext_noop("%(address)s is in another list of yours already.", address=doubled)
        raise InvalidInput(fields={"addresses": [problem]})
