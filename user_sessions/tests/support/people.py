"""Create users of any model that the settings choose."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import BaseUserManager

PASSWORD = "correct horse battery staple"


class PeopleManager(BaseUserManager):  # type: ignore[type-arg]  # for several models
    """Creates users by the value of their USERNAME_FIELD."""

    def create_user(self, name, password=None, **fields):
        person = self.model(**{self.model.USERNAME_FIELD: name}, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, name, password=None):
        return self.create_user(name, password, is_staff=True, is_superuser=True)


def make_person(name: str):
    """Return a new user who signs in with a name and PASSWORD."""
    return get_user_model()._default_manager.create_user(name_of(name), password=PASSWORD)


def make_superuser(name: str):
    manager = get_user_model()._default_manager
    return manager.create_superuser(name_of(name), password=PASSWORD)


def name_of(name: str) -> str:
    """Return a name in the form that this model's USERNAME_FIELD takes."""
    return f"{name}@example.com" if get_user_model().USERNAME_FIELD == "email" else name
