"""A template loader that finds each template in the theme of the current request."""

from __future__ import annotations

from pathlib import Path

from django.apps import apps
from django.template import Engine, Origin, Template
from django.template.loaders import cached, filesystem
from django.template.loaders.base import Loader as BaseLoader

from demo_site.conf import configured_theme, theme_templates, themes
from demo_site.look import SESSION_THEMES, current_look


class Loader(BaseLoader):
    """Delegate to one loader per theme, which finds what a site with that theme would find.

    Each theme's loader has its own cache, so that no theme is served from the cache of another.
    With DEBUG there is no cache, and an edited template shows at once.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.by_theme = {theme: theme_loader(engine, theme) for theme in themes()}

    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        loader = self.by_theme[current_look().template_theme]
        return loader.get_template(template_name, skip)

    def reset(self) -> None:
        for loader in self.by_theme.values():
            loader.reset()


def theme_loader(engine: Engine, theme: str) -> BaseLoader:
    """Return a loader that finds what a site with this theme in INSTALLED_APPS would find."""
    folders = template_folders(theme)
    if engine.debug:
        return filesystem.Loader(engine, folders)
    return cached.Loader(engine, [("django.template.loaders.filesystem.Loader", folders)])


def template_folders(theme: str) -> list[str | Path]:
    """Return the template folders of the installed apps, with this theme in place of the installed one.

    A theme with session pages only needs the default theme after user_sessions: the 404 page at the
    URL of a session page extends a layout of the default theme, for example.
    """
    folders: list[Path] = []
    for app in apps.get_app_configs():
        if app.name == f"user_sessions_themes.{configured_theme()}":
            folders += folders_of_theme(theme)
            continue
        if app.name == "allauth" and theme in SESSION_THEMES:
            folders.append(theme_templates("default"))
        folders.append(Path(app.path, "templates"))
    return [folder for folder in folders if folder.is_dir()]


def folders_of_theme(theme: str) -> list[Path]:
    """Return a theme's template folder, followed by the default theme's if it has no allauth layouts."""
    folder = theme_templates(theme)
    if theme in SESSION_THEMES or (folder / "allauth" / "layouts").is_dir():
        return [folder]
    return [folder, theme_templates("default")]
