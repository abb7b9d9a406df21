"""download_geoip with a server that misbehaves: the old database stays, and no other file is left."""

from __future__ import annotations

import base64
import errno
import gzip
import hashlib
import io
import os
import re
import socket
import stat
import sys
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.management import CommandError, call_command

from user_sessions.location import city_name, country_name
from user_sessions.management.commands import download_geoip
from user_sessions.tests.support import geoip

ACCOUNT, LICENCE_KEY = "123456", "a-licence-key"
CREDENTIALS = f"Basic {base64.b64encode(f'{ACCOUNT}:{LICENCE_KEY}'.encode()).decode()}"
PERMALINK = "/geoip/databases/GeoLite2-City/download"
OLD = b"the old database"


class Server:
    """A web server with an answer for each path: a function that gets the request's handler."""

    def __init__(self):
        self.answers, self.requests, self.released = {}, [], threading.Event()
        ours = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                ours.requests.append((self.path, self.headers.get("Authorization")))
                ours.answers.get(self.path.partition("?")[0], status(404))(self)

            def log_message(self, *args):
                """Print nothing."""

        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.httpd.server_port}"
        self.thread = threading.Thread(target=self.httpd.serve_forever, args=[0.01])

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *args):
        self.released.set()
        self.httpd.shutdown()
        self.thread.join()
        self.httpd.server_close()

    def publish(self, content, path="/it"):
        """Serve content at a path, and its checksum at the path with the suffix .sha256."""
        self.answers[path] = body(content)
        digest = hashlib.sha256(content).hexdigest()
        self.answers[f"{path}.sha256"] = body(f"{digest}  it.tar.gz\n".encode())
        return f"{self.address}{path}"

    def publish_as_maxmind(self, content):
        """Serve content as MaxMind does: the query selects the archive or its checksum."""
        digest = body(hashlib.sha256(content).hexdigest().encode())

        def either(handler):
            (digest if handler.path.endswith("?suffix=tar.gz.sha256") else body(content))(handler)

        self.answers[PERMALINK] = either

    def stall(self, handler):
        """Send headers, but no body until the test is over."""
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.flush()
        self.released.wait()


def body(content, *, length=None):
    """Answer with content and its length, or with another length, or (0) without a length."""

    def answer(handler):
        handler.send_response(200)
        if length != 0:
            handler.send_header("Content-Length", str(length or len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def status(code):
    def answer(handler):
        handler.send_response(code)
        handler.send_header("Content-Length", "13")
        handler.end_headers()
        handler.wfile.write(b"<h1>hello</h1>"[:13])

    return answer


def redirect(to):
    def answer(handler):
        handler.send_response(302)
        handler.send_header("Location", to)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def broken_chunks(handler):
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"ff\r\nabc")


def hang_up(handler):
    """Close the connection without an answer."""


def archive(*files, kind=tarfile.REGTYPE):
    """Pack names with their contents into a .tar.gz."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size, member.type = len(content) if kind == tarfile.REGTYPE else 0, kind
            member.linkname, member.mode = "/etc/passwd", 0o4777
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Bypass a proxy of the machine that runs the tests."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server():
    with Server() as server:
        yield server


@pytest.fixture
def storage():
    with Server() as server:
        yield server


@pytest.fixture
def maxmind(server, monkeypatch):
    """A server that the command takes for MaxMind's, where the site has an account."""
    address = f"{server.address}/geoip/databases/{{edition}}/download?suffix=tar.gz"
    monkeypatch.setattr(download_geoip, "MAXMIND", address)
    monkeypatch.setenv("MAXMIND_ACCOUNT_ID", ACCOUNT)
    monkeypatch.setenv("MAXMIND_LICENSE_KEY", LICENCE_KEY)
    return server


@pytest.fixture
def folder(tmp_path, settings):
    """The site's folder, with an old database of cities in it."""
    settings.GEOIP_PATH = tmp_path / "geoip"
    settings.GEOIP_PATH.mkdir()
    (settings.GEOIP_PATH / "GeoLite2-City.mmdb").write_bytes(OLD)
    return settings.GEOIP_PATH


@pytest.fixture
def cities(tmp_path):
    """The bytes of a database of cities."""
    return geoip.write_database(tmp_path / "made.mmdb", geoip.CITIES).read_bytes()


@pytest.fixture
def packed(cities):
    return archive(("GeoLite2-City_1/LICENSE.txt", b"-"), ("GeoLite2-City_1/it.mmdb", cities))


@pytest.fixture
def countries(tmp_path):
    path = tmp_path / "countries.mmdb"
    return geoip.write_database(path, geoip.COUNTRIES, "GeoLite2-Country").read_bytes()


def download(*arguments, terminal=False, **options):
    out = io.StringIO()
    out.isatty = lambda: terminal
    call_command("download_geoip", *arguments, stdout=out, no_color=True, **options)
    return out.getvalue()


def error_of(*arguments, **options):
    with pytest.raises(CommandError) as caught:
        download(*arguments, **options)
    return str(caught.value)


class TestMaxmind:
    def test_database_is_put_in_place(self, maxmind, folder, packed):
        maxmind.publish_as_maxmind(packed)
        file = folder / "GeoLite2-City.mmdb"
        assert download() == f"GeoLite2-City is in {file} now.\n"
        assert city_name(geoip.IN_ZWOLLE) == "Zwolle"
        assert os.listdir(folder) == [file.name]

    def test_checksum_and_archive_are_asked_for_with_the_credentials(self, maxmind, folder, packed):
        maxmind.publish_as_maxmind(packed)
        download()
        assert maxmind.requests == [
            (f"{PERMALINK}?suffix=tar.gz.sha256", CREDENTIALS),
            (f"{PERMALINK}?suffix=tar.gz", CREDENTIALS),
        ]

    def test_name_of_the_edition_is_part_of_the_address(self, maxmind, folder):
        assert "GeoLite2-Country/download answers 404" in error_of("--edition", "GeoLite2-Country")

    @pytest.mark.parametrize("edition", ["", "../x", "a b", "GeoLite2-City?x"])
    def test_invalid_name_of_an_edition_is_refused(self, maxmind, folder, edition):
        assert "is not the name of an edition" in error_of("--edition", edition)
        assert maxmind.requests == []

    def test_credentials_go_to_no_other_server(self, maxmind, storage, folder, packed):
        storage.publish(packed)
        signed = f"{storage.address}/it{{}}?signature=hush"

        def answer(handler):
            suffix = ".sha256" if handler.path.endswith(".sha256") else ""
            redirect(signed.format(suffix))(handler)

        maxmind.answers[PERMALINK] = answer
        download()
        assert [authorization for _, authorization in maxmind.requests] == [CREDENTIALS] * 2
        assert [authorization for _, authorization in storage.requests] == [None] * 2

    def test_refusal_of_the_storage_is_not_blamed_on_the_credentials(
        self, maxmind, storage, folder
    ):
        maxmind.answers[PERMALINK] = redirect(f"{storage.address}/x?signature=hush")
        storage.answers["/x"] = status(403)
        message = error_of()
        assert message == f"{storage.address}/x answers 403: it refuses access."

    def test_credentials_stay_on_the_same_server(self, maxmind, folder, packed):
        maxmind.publish(packed, "/moved")
        maxmind.answers[PERMALINK] = redirect("/moved.sha256")
        error_of()
        assert maxmind.requests[:2] == [
            (f"{PERMALINK}?suffix=tar.gz.sha256", CREDENTIALS),
            ("/moved.sha256", CREDENTIALS),
        ]

    @pytest.mark.parametrize("code", [401, 403])
    def test_rejected_credentials_are_reported_and_not_shown(self, maxmind, folder, code):
        maxmind.answers[PERMALINK] = status(code)
        message = error_of()
        assert f"answers {code}: it does not accept MAXMIND_ACCOUNT_ID and" in message
        assert LICENCE_KEY not in message
        assert ACCOUNT not in message

    @pytest.mark.parametrize("name", ["MAXMIND_ACCOUNT_ID", "MAXMIND_LICENSE_KEY"])
    @pytest.mark.parametrize("value", [None, ""])
    def test_missing_credentials_are_reported_without_a_request(
        self, maxmind, folder, monkeypatch, name, value
    ):
        monkeypatch.delenv(name)
        if value is not None:
            monkeypatch.setenv(name, value)
        assert error_of() == f"Set {name} in the environment, or give --url."
        assert maxmind.requests == []


class TestMirror:
    def test_archive_is_unpacked(self, server, folder, packed):
        download("--url", server.publish(packed))
        assert city_name(geoip.IN_ZWOLLE) == "Zwolle"

    def test_database_without_an_archive_is_accepted(self, server, folder, cities):
        download("--url", server.publish(cities))
        assert city_name(geoip.IN_ZWOLLE) == "Zwolle"

    def test_mirror_does_not_get_the_credentials_for_maxmind(self, maxmind, folder, packed):
        download("--url", maxmind.publish(packed))
        assert {authorization for _, authorization in maxmind.requests} == {None}

    def test_user_and_password_in_the_address_are_sent_and_not_shown(self, server, folder, packed):
        address = server.publish(packed).replace("://", f"://{ACCOUNT}:{LICENCE_KEY}@")
        download("--url", f"{address}#part")
        assert {authorization for _, authorization in server.requests} == {CREDENTIALS}
        server.answers["/it.sha256"] = status(401)
        message = error_of("--url", address)
        assert message.endswith("/it.sha256 answers 401: it does not accept user and password.")
        assert LICENCE_KEY not in message

    def test_user_without_a_password_is_sent(self, server, folder, packed):
        download("--url", server.publish(packed).replace("://", "://me@"))
        assert server.requests[0][1] == f"Basic {base64.b64encode(b'me:').decode()}"

    def test_query_is_not_shown(self, server, folder):
        message = error_of("--url", f"{server.address}/nothing?key={LICENCE_KEY}")
        assert message == f"{server.address}/nothing answers 404: there is nothing at this URL."

    def test_checksum_of_the_option_replaces_the_servers(self, server, folder, packed):
        url = server.publish(packed)
        download("--url", url, "--sha256", hashlib.sha256(packed).hexdigest().upper())
        assert [path for path, _ in server.requests] == ["/it"]
        assert city_name(geoip.IN_ZWOLLE) == "Zwolle"

    @pytest.mark.parametrize("digits", ["abc", "g" * 64, "0" * 65])
    def test_invalid_checksum_of_the_option_is_refused(self, server, folder, digits):
        assert "--sha256 has no SHA-256 checksum" in error_of(
            "--url", server.address, "--sha256", digits
        )
        assert server.requests == []

    @pytest.mark.parametrize(
        "url",
        [
            "ftp://127.0.0.1/it.mmdb",
            "file:///etc/passwd",
            "data:,it",
            "/it.mmdb",
            "http://",
            "http://[",
            "http://127.0.0.1:port/it",
            "http://127.0.0.1/a b",
            "http://127.0.0.1/é",
        ],
    )
    def test_address_that_is_not_http(self, folder, url):
        assert error_of("--url", url) == (
            "--url is not a URL that begins with https:// or http://."
        )


class TestPlace:
    def test_countries_get_their_own_file(self, server, folder, countries):
        download("--url", server.publish(countries))
        assert sorted(os.listdir(folder)) == ["GeoLite2-City.mmdb", "GeoLite2-Country.mmdb"]
        assert (folder / "GeoLite2-City.mmdb").read_bytes() == OLD

    def test_file_has_the_name_of_the_setting(self, server, folder, settings, cities):
        settings.GEOIP_CITY = "cities.mmdb"
        download("--url", server.publish(cities))
        assert (folder / "cities.mmdb").read_bytes() == cities

    @pytest.mark.parametrize("is_there", [True, False])
    def test_geoip_path_can_be_a_file(self, server, folder, settings, countries, is_there):
        settings.GEOIP_PATH = str(folder / "places.mmdb")
        if is_there:
            (folder / "places.mmdb").write_bytes(OLD)
        download("--url", server.publish(countries))
        assert country_name(geoip.IN_ZWOLLE) == "Netherlands"
        assert sorted(os.listdir(folder)) == ["GeoLite2-City.mmdb", "places.mmdb"]

    def test_missing_folder_is_created(self, server, tmp_path, settings, cities):
        settings.GEOIP_PATH = tmp_path / "new" / "geoip"
        download("--url", server.publish(cities))
        assert city_name(geoip.IN_ZWOLLE) == "Zwolle"

    def test_new_file_has_the_default_permissions(self, server, folder, cities, tmp_path):
        (folder / "GeoLite2-City.mmdb").unlink()
        download("--url", server.publish(cities))
        (tmp_path / "any").touch()
        assert mode(folder / "GeoLite2-City.mmdb") == mode(tmp_path / "any")

    def test_replaced_file_keeps_its_permissions(self, server, folder, cities):
        (folder / "GeoLite2-City.mmdb").chmod(0o640)
        download("--url", server.publish(cities))
        assert mode(folder / "GeoLite2-City.mmdb") == 0o640

    @pytest.mark.parametrize("value", [None, "", 5])
    def test_geoip_path_that_is_no_path_is_reported_without_a_request(
        self, server, settings, value
    ):
        settings.GEOIP_PATH = value
        assert error_of("--url", server.address) == (
            f"GEOIP_PATH is {value!r}: set it to a folder, e.g. GEOIP_PATH = BASE_DIR / 'geoip'."
        )
        assert server.requests == []

    def test_without_geoip2_nothing_is_downloaded(self, server, folder, monkeypatch):
        monkeypatch.setitem(sys.modules, "geoip2", None)
        assert error_of("--url", server.address).startswith("Install geoip2 first")
        assert server.requests == []


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


class TestProgress:
    def test_bytes_and_share_are_shown_on_a_terminal(self, server, folder, cities):
        shown = download("--url", server.publish(cities), terminal=True)
        size = f"{len(cities):,}"
        assert f"\r{size} bytes of {size} (100 %) \nGeoLite2-City is in " in shown

    def test_only_bytes_are_shown_if_the_size_is_unknown(self, server, folder, cities):
        url = server.publish(cities)
        server.answers["/it"] = body(cities, length=0)
        assert f"\r{len(cities):,} bytes \nGeoLite2-City is in " in download(
            "--url", url, terminal=True
        )

    def test_nothing_is_printed_with_verbosity_0(self, server, folder, cities):
        assert download("--url", server.publish(cities), verbosity=0) == ""


ANSWERS = [
    pytest.param(status(401), "answers 401: it requires a user and a password", id="401"),
    pytest.param(status(403), "answers 403: it refuses access", id="403"),
    pytest.param(status(404), "answers 404: there is nothing at this URL", id="404"),
    pytest.param(status(410), "answers 410: it refuses", id="410"),
    pytest.param(status(429), "answers 429: there were too many requests", id="429"),
    pytest.param(status(500), "answers 500: the server failed", id="500"),
    pytest.param(status(503), "answers 503: the server failed", id="503"),
    pytest.param(hang_up, "can't be reached: Remote end closed connection", id="hangs up"),
    pytest.param(redirect("/it"), "answers 302: it redirects in a circle", id="redirects in a circle"),
    pytest.param(redirect("ftp://127.0.0.1/x?k=hush"), r"ftp://127.0.0.1/x, which is not a secure URL", id="to FTP"),
    pytest.param(redirect("file:///etc/passwd"), "answers 302: it redirects in", id="to a file"),
    pytest.param(redirect("http://[?k=hush"), "contains an invalid URL", id="to nonsense"),
    pytest.param(redirect("http://127.0.0.1:port/?k=hush"), "contains an invalid URL", id="to no port"),
    pytest.param(body(b"abc", length=1000), "broke off after 3 of 1,000 bytes", id="too short"),
    pytest.param(broken_chunks, "broke off after 0 bytes", id="chunks that end too early"),
    pytest.param(body(b"something else"), "does not have the checksum", id="wrong checksum"),
]  # fmt: skip


class TestFailure:
    """Each failure is one sentence that shows no secret, and leaves the folder unchanged."""

    @pytest.fixture(autouse=True)
    def nothing_changes(self, folder):
        yield
        assert os.listdir(folder) == ["GeoLite2-City.mmdb"]
        assert (folder / "GeoLite2-City.mmdb").read_bytes() == OLD

    @pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "log"])
    @pytest.mark.parametrize(("answer", "words"), ANSWERS)
    def test_failed_download_is_explained_without_secrets(
        self, server, cities, answer, words, terminal
    ):
        url = server.publish(cities)
        server.answers["/it"] = answer
        message = error_of("--url", url, terminal=terminal)
        assert re.search(words, message)
        assert re.fullmatch(r"[^\n]+\.", message)
        assert "hush" not in message

    def test_refused_connection_is_reported(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))  # and no listen()
            url = f"http://127.0.0.1:{silent.getsockname()[1]}/it"
            assert error_of("--url", url) == (f"{url}.sha256 can't be reached: Connection refused.")

    def test_unknown_host_is_reported(self, monkeypatch):
        def unknown(*args, **kwargs):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        message = error_of("--url", "http://nowhere.example/it")
        assert message.endswith("can't be reached: Name or service not known.")

    def test_stalled_server_times_out(self, server, cities, monkeypatch):
        monkeypatch.setattr(download_geoip, "TIMEOUT_SECONDS", 0.2)
        url = server.publish(cities)
        server.answers["/it"] = server.stall
        assert error_of("--url", url) == f"{url} broke off after 0 bytes: timed out."

    def test_page_instead_of_a_checksum_is_refused(self, server, cities):
        url = server.publish(cities)
        server.answers["/it.sha256"] = body(b"<html>Please sign in</html>")
        assert f"{url}.sha256 has no SHA-256 checksum" in error_of("--url", url)

    def test_checksum_that_is_too_large_is_refused(self, server, cities):
        url = server.publish(cities)
        server.answers["/it.sha256"] = body(b"0" * 5000)
        assert "is too large: over 4,096 bytes" in error_of("--url", url)

    def test_download_that_is_too_large_is_refused(self, server, cities, monkeypatch):
        monkeypatch.setattr(download_geoip, "MAX_BYTES", 1000)
        message = error_of("--url", server.publish(b"x" * 1001))
        assert "is too large: over 1,000 bytes" in message

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            pytest.param(b"", "is not a database of places", id="empty"),
            pytest.param(b"<html>", "is not a database of places", id="a page"),
            pytest.param(gzip.compress(b"x"), "can't be unpacked", id="gzip, no archive"),
            pytest.param(b"\x1f\x8bnonsense", "can't be unpacked", id="no gzip"),
            pytest.param(archive(), "no .mmdb file in it", id="nothing in it"),
            pytest.param(archive(("it.txt", b"x")), "no .mmdb file in it", id="no database in it"),
            pytest.param(archive(("it.mmdb", b"x")), "is not a database of places", id="damaged"),
            pytest.param(
                archive(("it.mmdb", b""), kind=tarfile.SYMTYPE), "no .mmdb file in it", id="a link"
            ),
        ],
    )
    def test_content_without_a_database_is_refused(self, server, content, words):
        assert words in error_of("--url", server.publish(content))

    def test_truncated_archive_is_refused(self, server, packed):
        assert "can't be unpacked" in error_of("--url", server.publish(packed[:-50]))

    @pytest.mark.parametrize("name", ["it.mmdb", "it.txt"], ids=["the database", "something else"])
    def test_archive_that_unpacks_to_too_many_bytes_is_refused(self, server, monkeypatch, name):
        content = archive((name, bytes(200_000)), ("it.mmdb", b"x"))
        monkeypatch.setattr(download_geoip, "MAX_BYTES", 100_000)
        assert "can't be unpacked: it is too large" in error_of("--url", server.publish(content))

    def test_database_without_places_is_refused(self, server, tmp_path):
        records = {"192.0.2.0/24": {"autonomous_system_number": 64496}}
        asn = geoip.write_database(tmp_path / "asn", records, "GeoLite2-ASN").read_bytes()
        message = error_of("--url", server.publish(asn))
        assert "is not a database of places: A database of the type GeoLite2-ASN" in message

    def test_full_disk_is_reported(self, server, cities, folder, monkeypatch):
        def full(descriptor):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        message = error_of("--url", server.publish(cities))
        assert message == f"{folder} can't be written to: No space left on device."

    def test_interrupted_download_leaves_the_old_database(self, server, cities, monkeypatch):
        def interrupt(descriptor):
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            download("--url", server.publish(cities))


def test_folder_that_cannot_be_created_is_reported(server, tmp_path, settings, cities):
    (tmp_path / "file").touch()
    settings.GEOIP_PATH = tmp_path / "file" / "geoip"
    message = error_of("--url", server.publish(cities))
    assert message == f"{settings.GEOIP_PATH} can't be written to: Not a directory."


def test_name_in_an_archive_never_becomes_a_path(server, folder, tmp_path, cities):
    download("--url", server.publish(archive(("../../outside.mmdb", cities))))
    assert city_name(geoip.IN_ZWOLLE) == "Zwolle"
    assert sorted(os.listdir(tmp_path)) == ["geoip", "made.mmdb"]


def test_https_never_falls_back_to_http(folder, monkeypatch):
    handler = download_geoip._RedirectHandler()
    request = download_geoip.Request("https://127.0.0.1/it?k=hush")
    with pytest.raises(CommandError) as caught:
        handler.redirect_request(request, io.BytesIO(), 302, "Found", {}, "http://127.0.0.1/it")
    assert str(caught.value) == (
        "https://127.0.0.1/it redirects to http://127.0.0.1/it, which is not a secure URL."
    )


def test_maxminds_address_is_the_documented_one():
    assert download_geoip.MAXMIND.format(edition="GeoLite2-City") == (
        f"https://download.maxmind.com{PERMALINK}?suffix=tar.gz"
    )
