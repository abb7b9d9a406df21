"""Templates in the theme of the request that asks, for as many requests at once as there are."""

from __future__ import annotations

from pathlib import Path

from django.apps import apps
from django.template import Engine, Origin, Template
from django.template.loaders import cached, filesystem
from django.template.loaders.base import Loader as BaseLoader

from demo_site.conf import first_theme, theme_templates, themes
from demo_site.look import SESSION_THEMES, current_look


class Loader(BaseLoader):
    """Asks one of several loaders, each of which finds what a site with its theme would find.

    It stands outside of the cache: each theme's loader has its own, so that no theme is served from
    another's. With DEBUG there is none, and whoever writes a theme sees a change at once.
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
    """Return a loader of what a site with this theme in INSTALLED_APPS would find."""
    folders = template_folders(theme)
    if engine.debug:
        return filesystem.Loader(engine, folders)
    return cached.Loader(engine, [("django.template.loaders.filesystem.Loader", folders)])


def template_folders(theme: str) -> list[str | Path]:
    """Return the folders of the installed apps, with this theme's in the place of the installed one's.

    A theme that dresses the session pages only has the default look's behind those of user_sessions,
    for what else is said at their addresses: that there is no such page, for example.
    """
    folders: list[Path] = []
    for app in apps.get_app_configs():
        if app.name == f"user_sessions_themes.{first_theme()}":
            folders += stacked_folders(theme)
            continue
        if app.name == "allauth" and theme in SESSION_THEMES:
            folders.append(theme_templates("default"))
        folders.append(Path(app.path, "templates"))
    return [folder for folder in folders if folder.is_dir()]


def stacked_folders(theme: str) -> list[Path]:
    """Return a theme's folder, over the default look's where it has no elements but is written in some."""
    folder = theme_templates(theme)
    if theme in SESSION_THEMES or (folder / "allauth" / "layouts").is_dir():
        return [folder]
    return [folder, theme_templates("default")]
