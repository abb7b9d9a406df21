// Puts what the themes need into their static folders: the frameworks' stylesheets and licences.
// `make assets` runs it. It changes two things, so that `default-src 'self'` holds and no script is
// needed: pictures inside a stylesheet become files beside it, and Bootstrap goes dark by itself.
// A third keeps roles: in Pico a button or a card may be known by its class too.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import postcss from "postcss";

const HERE = dirname(fileURLToPath(import.meta.url));
const MODULES = join(HERE, "node_modules");
const DATA = /url\((?:"(data:[^"]+)"|'(data:[^']+)'|(data:[^"')]+))\)/g;

// One place says what `git` ignores and `make clean` removes: each theme's folder "vendor".
const vendorOf = (theme) => join(HERE, theme, "static", `user_sessions_${theme}`, "vendor");

/** Write each picture that stands in a stylesheet into a file, and return the stylesheet without. */
function withoutData(css, folder) {
  return css.replace(DATA, (_, ...found) => {
    const [head, ...body] = found.find((text) => text !== undefined).split(",");
    const text = head.endsWith(";base64")
      ? Buffer.from(body.join(","), "base64").toString()
      : decodeURIComponent(body.join(","));
    const name = `${createHash("sha256").update(text).digest("hex").slice(0, 12)}.svg`;
    mkdirSync(join(folder, "pictures"), { recursive: true });
    writeFileSync(join(folder, "pictures", name), text);
    return `url("pictures/${name}")`;
  });
}

/** Repeat Bootstrap's rules for dark pages for browsers that ask for dark, where a page says neither. */
function darkByItself(css) {
  const root = postcss.parse(css);
  const media = postcss.atRule({ name: "media", params: "(prefers-color-scheme: dark)" });
  root.walkRules((rule) => {
    const dark = rule.selectors.filter((selector) => selector.startsWith("[data-bs-theme=dark]"));
    if (dark.length === 0) return;
    const selectors = dark.map((selector) =>
      selector.replace("[data-bs-theme=dark]", ":root:not([data-bs-theme])"),
    );
    media.append(rule.clone({ selectors }));
  });
  root.append(media);
  return root.toString();
}

/** Let Pico know a button and a card by a class too, so that a link keeps its role, and so does a page's part. */
function withClasses(css) {
  return css
    .replaceAll("[role=button]", ":is([role=button],.button)")
    .replace(/(?<=[{},(])article(?=[>{,])/g, ":is(article,.card)");
}

function stylesheet(theme, source, name, change = (css) => css) {
  const folder = vendorOf(theme);
  const css = readFileSync(join(MODULES, source), "utf8").replace(/\/\*# sourceMappingURL=.*?\*\//, "");
  writeFileSync(join(folder, name), change(withoutData(css, folder)));
}

function licence(theme, source) {
  cpSync(join(MODULES, source), join(vendorOf(theme), "LICENSE.txt"));
}

/** Compile a theme's own tailwind.css, from its own templates. */
function compiled(theme) {
  const folder = vendorOf(theme);
  const cli = join(MODULES, "@tailwindcss", "cli", "dist", "index.mjs");
  const file = join(folder, "tailwind.css");
  const command = [cli, "--input", `${theme}/tailwind.css`, "--output", file, "--minify"];
  execFileSync(process.execPath, command, { cwd: HERE, stdio: ["ignore", "ignore", "inherit"] });
  writeFileSync(file, withoutData(readFileSync(file, "utf8"), folder));
}

const THEMES = {
  bootstrap5() {
    for (const direction of ["", ".rtl"]) {
      const name = `bootstrap${direction}.min.css`;
      stylesheet("bootstrap5", `bootstrap/dist/css/${name}`, name, darkByItself);
    }
    licence("bootstrap5", "bootstrap/LICENSE");
  },
  bulma() {
    stylesheet("bulma", "bulma/css/bulma.min.css", "bulma.min.css");
    licence("bulma", "bulma/LICENSE");
  },
  pico() {
    stylesheet("pico", "@picocss/pico/css/pico.min.css", "pico.min.css", withClasses);
    licence("pico", "@picocss/pico/LICENSE.md");
  },
  tailwind() {
    compiled("tailwind");
    licence("tailwind", "tailwindcss/LICENSE");
  },
};

for (const [theme, build] of Object.entries(THEMES)) {
  rmSync(vendorOf(theme), { recursive: true, force: true });
  mkdirSync(vendorOf(theme), { recursive: true });
  build();
}
