"""A page read as a browser reads it, and everything that is wrong with it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from html.parser import HTMLParser

# What a template prints for a variable that isn't there: "undefined(name)".
MARKER = "undefined(%s)"

VOID = {
    *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source"),
    *("track", "wbr"),
}
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
# A browser ends a <p> where one of these begins.
ENDS_A_PARAGRAPH = {
    *HEADINGS,
    *("article", "details", "div", "dl", "fieldset", "footer", "form", "header", "hr", "main"),
    *("nav", "ol", "p", "section", "table", "ul"),
}
OWNERS = {"li": {"ul", "ol"}, "dt": {"dl"}, "dd": {"dl"}, "summary": {"details"}}
# Without text or a picture, these are only a gap.
NEVER_EMPTY = {
    *HEADINGS,
    *("a", "bdi", "button", "dd", "dl", "dt", "fieldset", "label", "legend", "li", "nav", "option"),
    *("p", "span", "summary", "th", "time", "title", "ul"),
}
CONTROLS = {"a", "button", "input", "select", "summary", "textarea"}
REFERENCES = ("for", "form", "aria-labelledby", "aria-describedby", "aria-controls")
ADDRESSES = {"action", "data", "formaction", "href", "poster", "src", "srcset"}
OWN_ADDRESS = re.compile(r"(?:/(?!/)|[?#]|mailto:|tel:|$)")


class Element:
    """An element of a page; its children are elements and text."""

    def __init__(self, name, attributes, parent=None):
        self.name = name
        self.attributes = attributes
        self.parent = parent
        self.children = []

    def __repr__(self):
        attributes = "".join(f' {name}="{value}"' for name, value in self.attributes.items())
        return f"<{self.name}{attributes}>"

    def __getitem__(self, attribute):
        return self.attributes[attribute]

    def get(self, attribute):
        return self.attributes.get(attribute)

    @property
    def classes(self):
        return (self.get("class") or "").split()

    @property
    def text(self):
        """The text inside it, with single spaces."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            yield from [child] if isinstance(child, str) else child._texts()

    def __iter__(self) -> Iterator[Element]:
        """Yield all elements inside it, in the order of the page."""
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child

    def all(self, *names, **attributes):
        """Return the elements inside with one of these names and all of these attributes.

        ``class_`` is one of an element's classes; ``_`` stands for ``-`` in an attribute's name.
        """
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [element for element in self if element._is(names, wanted)]

    def _is(self, names, wanted):
        return (not names or self.name in names) and all(
            value in self.classes if name == "class" else self.get(name) == value
            for name, value in wanted.items()
        )

    def one(self, *names, **attributes):
        """Return the only such element."""
        (found,) = self.all(*names, **attributes)
        return found

    def inside(self, *names):
        """Return the closest of these elements around it, or None."""
        parent = self.parent
        while parent is not None and parent.name not in names:
            parent = parent.parent
        return parent

    @property
    def root(self):
        return self if self.parent is None else self.parent.root

    def by_id(self, id_):
        return self.root.one(id=id_)


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.root = Element("#page", {})
        self.open = [self.root]
        self.problems = []

    def handle_starttag(self, tag, attrs):
        element = self._add(tag, attrs)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        element = self._add(tag, attrs)
        if tag not in VOID and element.inside("svg") is None:
            self.problems.append(f"{element} ends itself")

    def _add(self, tag, attrs):
        names = [name for name, _ in attrs]
        self.problems += [f"<{tag}> says {name} twice" for name in _twice(names)]
        attributes = {name: value or "" for name, value in attrs}
        element = Element(tag, attributes, self.open[-1])
        self.open[-1].children.append(element)
        return element

    def handle_endtag(self, tag):
        if tag != self.open[-1].name:
            self.problems.append(f"</{tag}> where {self.open[-1]} is open")
        if tag in [element.name for element in self.open[1:]]:
            while self.open.pop().name != tag:
                pass

    def handle_data(self, data):
        self.open[-1].children.append(data)

    def close(self):
        super().close()
        self.problems += [f"{element} is never closed" for element in self.open[1:]]


def read(html) -> Element:
    """Return a page's root."""
    return _read(html).root


def _read(html):
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader


def name_of(element) -> str:
    """Return the accessible name of an element, by the part of the rules that we need."""
    if ids := element.get("aria-labelledby"):
        return " ".join(element.by_id(id_).text for id_ in ids.split())
    if label := element.get("aria-label") or element.get("alt"):
        return label
    if element.name in {"input", "select", "textarea"}:
        return " ".join(label.text for label in _labels(element))
    return element.text


def description_of(element) -> str:
    ids = (element.get("aria-describedby") or "").split()
    return " ".join(element.by_id(id_).text for id_ in ids)


def _labels(field):
    labels = field.root.all("label", for_=field["id"]) if field.get("id") else []
    around = field.inside("label")
    return labels if around is None or around in labels else [*labels, around]


def problems_of(html) -> list[str]:
    """Return the problems of a whole page that don't depend on what the page is about."""
    reader = _read(html)
    if reader.problems:
        return reader.problems  # the rest would only repeat them
    page = reader.root
    return [problem for check in CHECKS for problem in check(page)]


def _ids(page):
    ids = [element["id"] for element in page if "id" in element.attributes]
    yield from (f"two elements have the id {id_!r}" for id_ in _twice(ids))
    for element in page:
        for attribute in REFERENCES:
            for id_ in (element.get(attribute) or "").split():
                if id_ not in ids:
                    yield f"{element}: there is no {id_!r}"
        address = element.get("href") or ""
        if address.startswith("#") and address[1:] not in ids:
            yield f"{element} leads nowhere"


def _outline(page):
    for name in ("html", "title", "h1", "main"):
        if len(page.all(name)) != 1:
            yield f"there are {len(page.all(name))} <{name}>"
    for html in page.all("html"):
        if not html.get("lang") or html.get("dir") not in {"ltr", "rtl"}:
            yield f"{html} has no lang or no dir"
    deepest = 0
    for heading in page.all(*HEADINGS):
        level = HEADINGS.index(heading.name) + 1
        if level > deepest + 1:
            yield f"{heading} comes after an h{deepest}"
        deepest = level


def _nesting(page):
    for element in page:
        if element.name in ENDS_A_PARAGRAPH and element.inside("p") is not None:
            yield f"{element} stands in a <p>"
        if element.name in OWNERS and element.parent.name not in OWNERS[element.name]:
            yield f"{element} stands in {element.parent}"
        if element.name in CONTROLS and element.inside("a", "button") is not None:
            yield f"{element} stands in {element.inside('a', 'button')}"
        if element.name == "form" and element.inside("form") is not None:
            yield f"{element} stands in a <form>"


def _gaps(page):
    for element in page.all(*NEVER_EMPTY):
        if not element.text and not element.all("img", "svg", "input", "select", "textarea"):
            yield f"{element} is empty"
    for element in page:
        said = (
            [element.text, *element.attributes.values()] if element.parent.name != "#page" else []
        )
        if any(re.search(r"\bNone\b", text) for text in said):
            yield f"{element} says None"


def _names(page):
    for element in page.all("a", "button", "img", "input", "nav", "select", "textarea"):
        if element.get("type") != "hidden" and not name_of(element):
            yield f"{element} has no name"


def _errors(page):
    """A field must refer to its errors for users who can't see where they are."""
    for errors in page.all("ul", class_="errorlist"):
        if errors.inside("div") is not None and "us-field" in errors.inside("div").classes:
            fields = errors.inside("div").all("input", "select", "textarea", "fieldset")
            if not any(errors.text in description_of(field) for field in fields):
                yield f"{errors.text!r} is tied to no field"
            if not any(field.get("aria-invalid") == "true" for field in fields):
                yield f"no field is invalid by {errors.text!r}"
        elif all(up.get("role") != "alert" for up in _around(errors)):
            yield f"{errors.text!r} is no alert"


def _around(element):
    while (element := element.parent) is not None:
        yield element


def _policy(page):
    """Yield what ``default-src 'self'`` forbids."""
    for element in page:
        if element.name == "style":
            yield "an inline <style>"
        # No browser runs data as a script.
        is_data = element.get("type") == "application/json"
        if element.name == "script" and not is_data and "src" not in element.attributes:
            yield f"{element} stands inline"
        for name, value in element.attributes.items():
            if name == "style" or name.startswith("on"):
                yield f"{element} has {name}"
            if name.split(":")[-1] in ADDRESSES and not OWN_ADDRESS.match(value.strip()):
                yield f"{element} leads to another place"
        if element.get("http-equiv") is not None:
            yield f"{element} acts for the server"


CHECKS = (_ids, _outline, _nesting, _gaps, _names, _errors, _policy)


def _twice(names):
    return [name for name, count in Counter(names).items() if count > 1]


def undefined_in(html) -> set[str]:
    """Return the undefined variables that a page printed."""
    return set(re.findall(re.escape(MARKER).replace("%s", "([^)]*)"), html))


def with_marker(templates):
    """Return the setting TEMPLATES so that undefined variables show."""
    marked = deepcopy(templates)
    marked[0]["OPTIONS"]["string_if_invalid"] = MARKER
    return marked
