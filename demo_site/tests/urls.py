"""Pages of the tests: in them two requests meet before either takes its template, and again after."""

from __future__ import annotations

import asyncio
import threading

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from demo_site.urls import urlpatterns as site

PATIENCE = 10  # seconds, for the other request to come

threads = threading.Barrier(2, timeout=PATIENCE)
tasks = asyncio.Barrier(2)


def meet(request: HttpRequest) -> HttpResponse:
    threads.wait()
    response = render(request, "name.html")
    threads.wait()
    return response


async def meet_async(request: HttpRequest) -> HttpResponse:
    await asyncio.wait_for(tasks.wait(), PATIENCE)
    response = render(request, "name.html")
    await asyncio.wait_for(tasks.wait(), PATIENCE)
    return response


def name(request: HttpRequest) -> HttpResponse:
    return render(request, "name.html")


urlpatterns = [
    path("name/", name),
    path("meet/", meet),
    path("meet/async/", meet_async),
    *site,
]
