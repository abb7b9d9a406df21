"""``download_geoip``: replace the GeoIP database by a new download, or leave it unchanged on any error."""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPMessage, HTTPResponse, InvalidURL
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, cast
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from user_sessions import __version__
from user_sessions.location import Database, city_file, country_file

# https://dev.maxmind.com/geoip/updating-databases: this URL redirects to a signed URL of a storage provider.
MAXMIND = "https://download.maxmind.com/geoip/databases/{edition}/download?suffix=tar.gz"
# Appended to the URL of a download, also MaxMind's, this gives the URL of its checksum.
CHECKSUM_SUFFIX = ".sha256"
# Limits each wait for the server.
TIMEOUT_SECONDS = 30
# Limits a download and its unpacked content. The largest database with places has some 400 MB.
MAX_BYTES = 2**30

_CHUNK_BYTES = 2**16
_CHECKSUM_FILE_BYTES = 4096
_SHA256 = re.compile(r"\b[0-9a-f]{64}\b", re.IGNORECASE)
_GZIP = b"\x1f\x8b"

Progress = Callable[[int, int | None], None]  # called with the bytes so far, and the total if known


def _no_report(done: int, total: int | None) -> None:
    """Report no progress."""


class Command(BaseCommand):
    help = (
        "Downloads a GeoIP database to GEOIP_PATH: from MaxMind, with the environment variables "
        "MAXMIND_ACCOUNT_ID and MAXMIND_LICENSE_KEY, or from the URL in --url. If anything fails, the "
        "previous database stays as it is."
    )
    requires_system_checks = ()  # W013 tells people to run this command

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--edition",
            default="GeoLite2-City",
            help="The database of MaxMind, e.g. GeoLite2-Country. Default: GeoLite2-City.",
        )
        parser.add_argument(
            "--url",
            help="Download from this URL instead: a .mmdb file, or a .tar.gz that contains one.",
        )
        parser.add_argument(
            "--sha256", help="The checksum of the download. Default: read from <url>.sha256."
        )

    def handle(
        self, *args: Any, edition: str, url: str | None, sha256: str | None, **options: Any
    ) -> None:
        place, source = _place(), _source(edition, url)
        wanted = _checksum(sha256, "--sha256") if sha256 else source.checksum()
        with _temporary_folder(place) as folder:
            download, unpacked = folder / "download", folder / "database"
            if self._save(source, download) != wanted:
                raise CommandError(
                    f"The download from {source} does not have the checksum {wanted}; try again."
                )
            _unpack(download, unpacked, str(source))
            found, file = _put_in_place(unpacked, place, str(source))
        if options["verbosity"]:
            self.stdout.write(f"{found} is in {file} now.", self.style.SUCCESS)

    def _save(self, source: _Source, path: Path) -> str:
        if not self.stdout.isatty():
            return source.save(path)
        try:
            return source.save(path, self._report)
        finally:
            self.stdout.write()

    def _report(self, done: int, total: int | None) -> None:
        share = f" of {total:,} ({100 * done // total} %)" if total else ""
        self.stdout.write(f"\r{done:,} bytes{share} ", ending="")
        self.stdout.flush()


def _place() -> Path:
    """Return GEOIP_PATH: a folder, or the file itself."""
    if not find_spec("geoip2"):
        raise CommandError("Install geoip2 first: it is needed to check and read the database.")
    value = getattr(settings, "GEOIP_PATH", None)
    if not value or not isinstance(value, (str, os.PathLike)):
        raise CommandError(
            f"GEOIP_PATH is {value!r}: set it to a folder, e.g. GEOIP_PATH = BASE_DIR / 'geoip'."
        )
    return Path(value)


def _is_file(place: Path) -> bool:
    """Return whether a path names a file instead of a folder. A new file needs the suffix .mmdb."""
    return not place.is_dir() and (place.is_file() or place.suffix == ".mmdb")


@contextmanager
def _temporary_folder(place: Path) -> Iterator[Path]:
    """Yield a temporary folder on the same file system as the database, for an atomic move."""
    try:
        folder = place.parent if _is_file(place) else place
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder, prefix=".download_geoip-") as temporary:
            yield Path(temporary)
    except OSError as error:  # a network error has become a CommandError by now
        raise CommandError(f"{place} can't be written to: {_reason(error)}.") from error


def _unpack(download: Path, database: Path, source: str) -> None:
    """Extract the database from an archive. If the file isn't an archive, it is the database itself."""
    with download.open("rb") as file:
        is_archive = file.read(len(_GZIP)) == _GZIP
    if not is_archive:
        download.rename(database)
        return
    try:
        with gzip.open(download) as unzipped:
            _copy_member(cast("IO[bytes]", _Limited(unzipped)), database)
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, ValueError) as error:
        raise CommandError(
            f"The download from {source} can't be unpacked: {error or type(error).__name__}."
        ) from error


def _copy_member(archive: IO[bytes], database: Path) -> None:
    """Copy the first .mmdb file in an archive to a given path. No name in the archive is used as a path."""
    with tarfile.open(fileobj=archive, mode="r|") as members:
        for member in members:
            if not (member.isreg() and member.name.endswith(".mmdb")):
                continue
            if member.size > MAX_BYTES:
                raise ValueError("it is too large")
            content = cast("IO[bytes]", members.extractfile(member))
            with database.open("xb") as file:
                shutil.copyfileobj(content, file)
            return
    raise ValueError("there is no .mmdb file in it")


class _Limited:
    """A file that raises ValueError after MAX_BYTES: a small archive can unpack to any size."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self.file = file

    def read(self, size: int) -> bytes:
        if self.file.tell() > MAX_BYTES:
            raise ValueError("it is too large")
        return self.file.read(size)


def _put_in_place(database: Path, place: Path, source: str) -> tuple[str, Path]:
    """Check a database and move it to its final path. Return its edition and that path."""
    try:
        opened = Database(database)
    except Exception as error:
        raise CommandError(
            f"The download from {source} is not a database of places: {error}"
        ) from error
    opened.close()
    name = city_file() if opened.has_cities else country_file()
    file = place if _is_file(place) else place / name
    if file.exists():
        shutil.copymode(file, database)
    with database.open("rb+") as written:
        os.fsync(written.fileno())  # before the move: a crash must not leave an empty file
    database.replace(file)
    return opened.edition, file


def _source(edition: str, url: str | None) -> _Source:
    """Return the source of the download. MaxMind's credentials are sent only to MaxMind."""
    if url:
        return _Source(url)
    if not re.fullmatch(r"[A-Za-z0-9-]+", edition):
        raise CommandError(f"{edition!r} is not the name of an edition, such as GeoLite2-City.")
    names = ("MAXMIND_ACCOUNT_ID", "MAXMIND_LICENSE_KEY")
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        raise CommandError(f"Set {' and '.join(missing)} in the environment, or give --url.")
    account, licence_key = (os.environ[name] for name in names)
    return _Source(MAXMIND.format(edition=edition), (account, licence_key))


class _Source:
    """A URL to download from. ``str()`` omits user, password and query, which may be secret."""

    def __init__(self, url: str, credentials: tuple[str, str] | None = None) -> None:
        parts = _http_address(url)
        if parts.username and credentials is None:
            credentials = unquote(parts.username), unquote(parts.password or "")
        self._credentials = credentials
        self._url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))

    def __str__(self) -> str:
        return _shown(self._url)

    def checksum(self) -> str:
        """Return the published checksum of the download, in lower case."""
        with self._opened(self._url + CHECKSUM_SUFFIX) as response:
            text = b"".join(_chunks(response, _CHECKSUM_FILE_BYTES)).decode("utf-8", "replace")
        return _checksum(text, _shown(self._url + CHECKSUM_SUFFIX))

    def save(self, path: Path, report: Progress = _no_report) -> str:
        """Save the download and return its checksum. Raise CommandError if it ends too early."""
        digest, done = hashlib.sha256(), 0
        with self._opened(self._url) as response, path.open("xb") as file:
            total = response.length
            for chunk in _chunks(response, MAX_BYTES):
                file.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                report(done, total)
        if total is not None and done < total:
            raise CommandError(f"{self} broke off after {done:,} of {total:,} bytes; try again.")
        return digest.hexdigest()

    def _opened(self, url: str) -> HTTPResponse:
        request = Request(url, headers={"User-Agent": f"django-user-sessions/{__version__}"})  # noqa: S310  # HTTP, see _http_address
        if self._credentials:
            pair = base64.b64encode(":".join(self._credentials).encode()).decode()
            # "Unredirected": urllib would send any other header to the target of a redirect, too.
            request.add_unredirected_header("Authorization", f"Basic {pair}")
        try:
            return cast(
                "HTTPResponse",
                build_opener(_RedirectHandler).open(request, timeout=TIMEOUT_SECONDS),
            )
        except HTTPError as error:
            error.close()
            raise CommandError(self._refused(error)) from None
        except (OSError, HTTPException, ValueError) as error:
            reason = error.reason if isinstance(error, URLError) else error
            raise CommandError(f"{_shown(url)} can't be reached: {_reason(reason)}.") from None

    def _refused(self, error: HTTPError) -> str:
        """Return a message about the status of a response. It contains nothing of the body."""
        shown, code = _shown(error.url), error.code
        if code in {401, 403} and self._credentials and _origin(error.url) == _origin(self._url):
            ours = self._url.startswith(MAXMIND.partition("{")[0])
            which = "MAXMIND_ACCOUNT_ID and MAXMIND_LICENSE_KEY" if ours else "user and password"
            return f"{shown} answers {code}: it does not accept {which}."
        meanings = {
            401: "it requires a user and a password",
            403: "it refuses access",
            404: "there is nothing at this URL",
            429: "there were too many requests; try again tomorrow",
        }
        kinds = {
            3: "it redirects in a circle, or to an unsupported URL",
            5: "the server failed; try again later",
        }
        return (
            f"{shown} answers {code}: {meanings.get(code) or kinds.get(code // 100, 'it refuses')}."
        )


def _http_address(url: str) -> SplitResult:
    """Return the parts of a URL. Raise CommandError if it isn't a valid URL for HTTP or HTTPS."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and parts.hostname and (parts.port or True)
    except ValueError:
        valid = False
    if not valid or re.search(r"[^\x21-\x7e]", url):
        raise CommandError("--url is not a URL that begins with https:// or http://.")
    return parts


def _chunks(response: HTTPResponse, limit: int) -> Iterator[bytes]:
    """Yield the body of a response in chunks. Raise CommandError for network errors."""
    done, shown = 0, _shown(response.url)
    try:
        while chunk := response.read(_CHUNK_BYTES):
            done += len(chunk)
            if done > limit:
                raise CommandError(f"The download from {shown} is too large: over {limit:,} bytes.")
            yield chunk
    except (OSError, HTTPException) as error:
        raise CommandError(f"{shown} broke off after {done:,} bytes: {_reason(error)}.") from None


def _checksum(text: str, origin: str) -> str:
    """Return the first SHA-256 in a text. A checksum file usually has the file name, too."""
    found = _SHA256.search(text)
    if found is None:
        raise CommandError(f"{origin} has no SHA-256 checksum, which has 64 hexadecimal digits.")
    return found[0].lower()


class _RedirectHandler(HTTPRedirectHandler):
    """Follow redirects to HTTPS, or from HTTP to HTTP. Send credentials to the same origin only."""

    def http_error_302(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage
    ) -> Any:
        with fp:  # close the connection, also if the redirect isn't followed
            return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        if urlsplit(newurl).scheme not in {"https", req.type}:
            raise CommandError(
                f"{_shown(req.full_url)} redirects to {_shown(newurl)}, which is not a secure URL."
            )
        request = super().redirect_request(req, fp, code, msg, headers, newurl)
        authorization = req.unredirected_hdrs.get("Authorization")
        if request and authorization and _origin(newurl) == _origin(req.full_url):
            request.add_unredirected_header("Authorization", authorization)
        return request


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _shown(url: str) -> str:
    """Return a URL without the parts that may be secret: user, password and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _reason(reason: object) -> str:
    """Return the reason of an error as text, without its number."""
    if isinstance(reason, (ValueError, InvalidURL)):  # their texts contain the whole URL
        return "it contains an invalid URL"
    return getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
