"""Phone numbers for allauth, which leaves it to a site to keep them: here, in memory."""

from __future__ import annotations

from typing import ClassVar

from allauth.account.adapter import DefaultAccountAdapter


class PhoneAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Keeps (number, whether it is verified) by the user's primary key; "sends" codes to a list."""

    phones: ClassVar[dict[object, tuple[str, bool]]] = {}
    sent: ClassVar[list[str]] = []

    def set_phone(self, user, phone, verified):
        self.phones[user.pk] = (phone, verified)

    def get_phone(self, user):
        return self.phones.get(user.pk)

    def set_phone_verified(self, user, phone):
        self.set_phone(user, phone, True)  # noqa: FBT003 (allauth's signature)

    def get_user_by_phone(self, phone):
        return None

    def send_verification_code_sms(self, user, phone, code, **kwargs):
        self.sent.append(code)
