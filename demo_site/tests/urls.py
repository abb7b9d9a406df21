"""Views of the tests. In them, two requests wait for each other before and after they render."""

from __future__ import annotations

import asyncio
import threading

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from demo_site.urls import urlpatterns as site

TIMEOUT = 10  # seconds, to wait for the other request

threads = threading.Barrier(2, timeout=TIMEOUT)
tasks = asyncio.Barrier(2)


def meet(request: HttpRequest) -> HttpResponse:
    threads.wait()
    response = render(request, "name.html")
    threads.wait()
    return response


async def meet_async(request: HttpRequest) -> HttpResponse:
    await asyncio.wait_for(tasks.wait(), TIMEOUT)
    response = render(request, "name.html")
    await asyncio.wait_for(tasks.wait(), TIMEOUT)
    return response


def name(request: HttpRequest) -> HttpResponse:
    return render(request, "name.html")


urlpatterns = [
    path("name/", name),
    path("meet/", meet),
    path("meet/async/", meet_async),
    *site,
]
