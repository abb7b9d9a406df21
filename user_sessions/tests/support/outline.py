"""The text and the controls of a page without its looks: the same in every theme."""

from __future__ import annotations

from collections import Counter

from user_sessions.tests.support.markup import HEADINGS, Element, name_of

FIELD_FACTS = ("type", "name", "value", "id", "autocomplete", "placeholder", "rows", "form")
FIELD_STATES = ("checked", "required", "disabled", "readonly")


def outline(page: Element) -> list[tuple[object, ...]]:
    """Return the headings, landmarks, controls and facts of a page in their order."""
    return [fact for element in page if (fact := fact_of(element)) is not None]


def words(page: Element) -> Counter[str]:
    """Return the words of a page and how often each is visible, since a theme sets their order.

    Text for screen readers only is part of a name, and names are facts of the outline.
    """
    return Counter(_said(page)) - Counter(_said(*page.all(class_="us-visually-hidden")))


def _said(*elements: Element) -> list[str]:
    """Return the words of some elements; a word ends where an element ends."""
    return " ".join(text for element in elements for text in element._texts()).split()


def _by_ids(element: Element, attribute: str) -> str:
    """Return the words that an attribute refers to, sorted, since a theme sets their order."""
    ids = (element.get(attribute) or "").split()
    return " ".join(sorted(_said(*map(element.by_id, ids))))


def fact_of(element: Element) -> tuple[object, ...] | None:
    name = element.name
    if name in HEADINGS:
        return (name, element.text)
    if name in {"section", "article", "nav"} and element.get("aria-labelledby"):
        return (name, name_of(element))
    if name == "nav":
        return (name, element.get("aria-label"))
    read = FACTS.get(name)
    if read is not None:
        return (name, *read(element))
    if element.get("role") in {"alert", "status", "img"}:
        return (element["role"], sorted(_said(element)), element.get("aria-label"))
    return None


def _link(link):
    return (link["href"], name_of(link), link.get("aria-current"))


def _button(button):
    facts = [button.get(name) for name in ("id", "form", "name", "value", "type")]
    return (*facts, name_of(button), "disabled" in button.attributes)


def _form(form):
    return (form.get("method"), form.get("action"), form.get("id"))


def _field(field):
    facts = [field.get(name) for name in FIELD_FACTS]
    states = [name in field.attributes for name in FIELD_STATES]
    said = "" if field.get("type") == "hidden" else " ".join(sorted(name_of(field).split()))
    return (*facts, *states, field.get("aria-invalid"), said, _by_ids(field, "aria-describedby"))


def _time(time):
    return (time["datetime"], time["title"], time.text)


FACTS = {
    "a": _link,
    "button": _button,
    "dd": lambda dd: (dd.text,),
    "details": lambda details: ("open" in details.attributes,),
    "dt": lambda dt: (dt.text,),
    "fieldset": lambda fieldset: (_by_ids(fieldset, "aria-describedby"),),
    "form": _form,
    "img": lambda img: (img.get("src"), img.get("alt")),
    "input": _field,
    "legend": lambda legend: (legend.text,),
    "option": lambda option: (option.get("value"), "selected" in option.attributes),
    "select": _field,
    "summary": lambda summary: (summary.text,),
    "td": lambda td: (td.text,),
    "textarea": _field,
    "th": lambda th: (th.text,),
    "time": _time,
    "use": lambda use: (use["href"],),
}
