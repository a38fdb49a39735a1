"""The endpoints of your identities: the names and addresses with which you write."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.contrib.auth.models import AbstractBaseUser
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from assistant_app.api import schema
from assistant_app.api.idempotency import Repeatable
from assistant_app.api.serializers import Nothing, Text, YesOrNo, payload_of
from assistant_app.errors import ApplicationNotFound, DoesNotFit, InvalidInput
from assistant_app.mail.addresses import LONGEST_ADDRESS
from assistant_app.models import Identity
from assistant_app.models.people import LONGEST_NAME, LONGEST_SIGNATURE, identities_of
from assistant_app.people import identities

NUMBER = [schema.number_in_path("number", "The number of the identity.", 10)]
SHOWN = {
    "id": 3,
    "name": "Ida Brevik",
    "addresses": ["ida@brevik.example"],
    "is_default": True,
    "signature": "Ida",
}


class IdentityInput(Nothing):
    """A name, and the addresses that it has."""

    name = Text(
        max_length=LONGEST_NAME,
        allow_blank=True,
        help_text="under drafts and as the sender; empty for the name of the default identity",
    )
    addresses = serializers.ListField(
        child=Text(max_length=LONGEST_ADDRESS),
        min_length=1,
        max_length=identities.MOST_ADDRESSES,
        help_text="replies are written from the first one",
    )
    is_default = YesOrNo(
        help_text="whether it is used where no other one fits; the default one stays so until another is"
    )

    signature = Text(
        max_length=LONGEST_SIGNATURE,
        allow_blank=True,
        required=False,
        trim_whitespace=False,
        help_text="the lines that are added below replies; without this field, they stay as they are",
    )

    patterns: ClassVar[dict[str, str]] = {"name": "^[^\\u0000]*$", "addresses": "^[!-~]+$"}


class IdentityShown(serializers.Serializer):
    """One of your identities."""

    id = serializers.IntegerField()
    name = serializers.CharField(allow_blank=True)
    addresses = serializers.ListField(child=serializers.CharField())
    is_default = serializers.BooleanField()
    signature = serializers.CharField(allow_blank=True)


class _Identities(Repeatable):
    serializer_class = IdentityInput  # of the browsable API's form

    def mine(self, request: Request) -> list[Identity]:
        return identities_of(self.person(request).pk)

    def person(self, request: Request) -> AbstractBaseUser:
        return cast(AbstractBaseUser, request.user)

    def save(self, request: Request, pk: int | None) -> Identity:
        """Add an identity, or change one. Raise `InvalidInput`, `DoesNotFit` or `ApplicationNotFound`.

        For a request that is sent again, return the identity as it is now.
        """
        if self.is_repeat("save_identity", payload_of(request.data), pk or "") and self.key is not None:
            return identities.one(self.person(request), self.key.record_number)
        if pk is not None:
            identities.one(self.person(request), pk)  # 404 before any error about the body
        typed = IdentityInput(data=request.data)
        typed.is_valid(raise_exception=True)
        given = typed.validated_data
        if pk is None and (same := self._same(request, given)):
            return same  # the request was sent twice
        try:
            return identities.save(
                actor=self.person(request),
                pk=pk,
                name=given["name"],
                addresses="\n".join(given["addresses"]),
                is_default=given["is_default"],
                signature=given.get("signature"),
                key=self.key,
            )
        except InvalidInput as problem:
            if "gone" in problem.fields:  # deleted meanwhile
                raise ApplicationNotFound from None
            raise DoesNotFit(fields=problem.fields) from None

    def _same(self, request: Request, given: dict[str, Any]) -> Identity | None:
        sent = given["name"], given["addresses"], given.get("signature", "")
        mine = self.mine(request)
        return next((each for each in mine if (each.name, each.addresses, each.signature) == sent), None)

    def one(self, request: Request, number: int) -> Identity:
        return identities.one(self.person(request), number)


@extend_schema_view(
    get=extend_schema(
        operation_id="list_identities",
        summary="List your names and addresses, the default one first",
        responses=schema.answers({200: IdentityShown(many=True)}, schema.ALWAYS),
    ),
    post=extend_schema(
        operation_id="create_identity",
        summary="Add a name with its addresses",
        description=(
            f"The first one is the default. The same request sent again changes nothing. {schema.ONCE}"
        ),
        parameters=[schema.REPLAYED],
        request=IdentityInput,
        responses=schema.answers({201: IdentityShown}, [*schema.WITH_BODY, DoesNotFit]),
    ),
)
class IdentitiesView(_Identities):
    """Your names and addresses. They decide which addresses of an email are yours."""

    def get(self, request: Request) -> Response:
        return Response(IdentityShown(self.mine(request), many=True).data)

    def post(self, request: Request) -> Response:
        made = self.save(request, None)
        return Response(IdentityShown(self.one(request, made.pk)).data, status=status.HTTP_201_CREATED)


@extend_schema_view(
    get=extend_schema(
        operation_id="get_identity",
        summary="Show one of your identities",
        parameters=NUMBER,
        responses=schema.answers({200: IdentityShown}, [*schema.ALWAYS, *schema.ONE]),
        examples=schema.example("One identity", SHOWN),
    ),
    put=extend_schema(
        operation_id="change_identity",
        summary="Change one of your identities",
        description=schema.ONCE,
        parameters=[*NUMBER, schema.REPLAYED],
        request=IdentityInput,
        responses=schema.answers({200: IdentityShown}, [*schema.WITH_BODY, *schema.ONE, DoesNotFit]),
    ),
    delete=extend_schema(
        operation_id="delete_identity",
        summary="Delete one of your identities",
        description="If it was the default one, the oldest of the others is the default. " + schema.ONCE,
        parameters=[*NUMBER, schema.REPLAYED],
        responses=schema.answers({204: None}, [*schema.WRITING, *schema.ONE]),
    ),
)
class IdentityView(_Identities):
    """One of your identities."""

    def get(self, request: Request, number: int) -> Response:
        return Response(IdentityShown(self.one(request, number)).data)

    def put(self, request: Request, number: int) -> Response:
        changed = self.save(request, number)
        return Response(IdentityShown(self.one(request, changed.pk)).data)

    def delete(self, request: Request, number: int) -> Response:
        self.is_repeat("delete_identity", payload_of(request.data), number)
        identities.delete(actor=self.person(request), pk=number, key=self.key)
        return Response(status=status.HTTP_204_NO_CONTENT)
