"""A user model whose key is a string that the user chose."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.db import models

from user_sessions.tests.support.people import PeopleManager


class Handle(AbstractBaseUser, PermissionsMixin):
    handle = models.CharField(max_length=60, primary_key=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)

    objects = PeopleManager()

    USERNAME_FIELD = "handle"

    def __str__(self):
        return self.handle
