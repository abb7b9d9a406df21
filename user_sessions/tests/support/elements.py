"""Each element of allauth with all its options, which are more than allauth's pages use."""

from __future__ import annotations

from django import forms


class Choices(forms.Form):
    """A form with each kind of field, and an error of its own."""

    next = forms.CharField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(help_text="As on your passport.")
    born = forms.DateField(required=False)
    plan = forms.ChoiceField(choices=[("a", "Basic"), ("b", "Better")])
    colour = forms.ChoiceField(
        choices=[("r", "Red"), ("g", "Green")], widget=forms.RadioSelect, help_text="Choose one."
    )
    days = forms.MultipleChoiceField(
        choices=[("m", "Monday"), ("t", "Tuesday")], widget=forms.CheckboxSelectMultiple
    )
    agree = forms.BooleanField(label="I agree", help_text="With everything.")
    face = forms.FileField(required=False)
    story = forms.CharField(widget=forms.Textarea(attrs={"class": "tall"}), disabled=True)

    def clean(self):
        raise forms.ValidationError("This can't be.")


TYPES = ("text", "email", "password", "tel", "checkbox", "radio", "textarea")
BUTTON_TAGS = (
    *("", "danger,delete", "outline,primary", "secondary", "link,cancel", "prominent,login"),
    *("minor,secondary", "tool,danger", "primary", "outline,danger", "prominent,outline"),
)
BADGE_TAGS = ("", "success,email", "warning", "email,primary")

BADGE = '{% element badge tags=tags title="t" %}x{% endelement %}'
BUTTON = (
    "{% element button tags=tags %}Go{% endelement %}"
    '{% element button tags=tags id="i" name="n" value=0 type="submit" %}Go{% endelement %}'
    '{% element button tags=tags href="/" id="j" %}Leave{% endelement %}'
)
FIELD = (
    '{% element field type=type id="i" name="n" value="v" placeholder="p" rows=3 autocomplete="a"'
    " required=on disabled=on readonly=on checked=on errors=errors %}{% slot label %}Name{% endslot %}"
)
WITH_HELP = "{% slot value %}v{% endslot %}{% slot help_text %}Help.{% endslot %}{% endelement %}"
FORM = '{% element form method="post" action="/" id="i" form=form no_visible_fields=bare %}'

# By name: a template, and its context.
ELEMENTS = {
    "alert": ("{% element alert %}{% slot message %}Mind this.{% endslot %}{% endelement %}", {}),
    **{f"badge, {tags}": (BADGE, {"tags": tags}) for tags in BADGE_TAGS},
    **{f"button, {tags}": (BUTTON, {"tags": tags}) for tags in BUTTON_TAGS},
    "button, of another form": (
        '<form id="f"></form>{% element button form="f" %}Go{% endelement %}'
        '{% element button href="/" %}Leave{% endelement %}',
        {},
    ),
    "button, the first of several": (
        '{% element button name="action_primary" %}Go{% endelement %}',
        {},
    ),
    "button group": (
        "{% element button_group %}{% element button %}x{% endelement %}{% endelement %}"
        "{% element button_group vertical=True %}{% element button %}y{% endelement %}{% endelement %}",
        {},
    ),
    "details": (
        "{% element details %}{% slot summary %}More{% endslot %}{% slot body %}x{% endslot %}{% endelement %}"
        "{% element details open=True %}{% slot summary %}Less{% endslot %}{% slot body %}y{% endslot %}"
        "{% endelement %}",
        {},
    ),
    **{
        f"field, {kind}": (FIELD + "{% endelement %}", {"type": kind, "on": False, "errors": []})
        for kind in TYPES
    },
    **{
        f"field, {kind}, all of it": (
            FIELD + WITH_HELP,
            {"type": kind, "on": True, "errors": ["Wrong.", "Bad."]},
        )
        for kind in TYPES
    },
    "field, a zero": (
        '{% element field type="text" id="i" value=0 %}{% slot label %}x{% endslot %}{% endelement %}',
        {},
    ),
    "field, no more than a type": (
        '{% element field type="text" errors=errors %}{% slot label %}x{% endslot %}{% endelement %}',
        {"errors": ["Wrong."]},
    ),
    "fields": (
        '{% element form method="get" form=form %}{% slot body %}{% element fields form=form %}{% endelement %}'
        "{% endslot %}{% endelement %}",
        {"form": Choices()},
    ),
    "fields, wrong": (
        FORM
        + "{% slot body %}{% element fields form=form unlabeled=True %}{% endelement %}{% endslot %}"
        "{% slot actions %}{% element button %}Go{% endelement %}{% endslot %}{% endelement %}",
        {"form": Choices({"colour": "none", "plan": "none"}), "bare": False},
    ),
    "fields, right": (
        "{% element fields form=form %}{% endelement %}",
        {
            "form": Choices(
                {"colour": "r", "plan": "b", "name": "Ada", "days": ["m"], "agree": "on"}
            )
        },
    ),
    "form, wrong without fields": (
        FORM + "{% slot body %}x{% endslot %}{% endelement %}",
        {"form": Choices({}), "bare": True},
    ),
    "h1": ("{% element h1 %}x{% endelement %}", {}),
    "h2": ("{% element h2 %}x{% endelement %}", {}),
    "hr": ("{% element hr %}{% endelement %}", {}),
    "img": (
        '{% element img src="/a.png" %}{% endelement %}{% element img src="/b.png" alt="B" %}{% endelement %}',
        {},
    ),
    "p": ("{% element p %}x{% endelement %}", {}),
    "panel": (
        "{% element panel %}{% slot title %}Bare{% endslot %}{% slot body %}x{% endslot %}{% endelement %}"
        "{% element panel %}{% slot title %}Full{% endslot %}{% slot body %}y{% endslot %}"
        "{% slot actions %}{% element button %}One{% endelement %}{% endslot %}"
        "{% slot actions %}{% element button %}Two{% endelement %}{% endslot %}{% endelement %}",
        {},
    ),
    "providers": (
        "{% element provider_list %}{% element provider name='Dummy' href='/dummy/' %}{% endelement %}"
        "{% endelement %}",
        {},
    ),
    "table": (
        "{% element table %}{% element thead %}{% element tr %}{% element th %}Key{% endelement %}"
        "{% element th %} {% endelement %}{% endelement %}{% endelement %}{% element tbody %}"
        '{% element tr %}{% element td align="right" %}x{% endelement %}{% element td %}y{% endelement %}'
        "{% endelement %}{% endelement %}{% endelement %}",
        {},
    ),
}
