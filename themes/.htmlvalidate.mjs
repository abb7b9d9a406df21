// What valid HTML is. `make lint` asks it of the pages of every theme, which a test writes to .pages.
export default {
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // Safari's screen reader takes the role from a list without bullets; saying it gives it back.
    "no-redundant-role": "off",
    // Voice control of some browsers finds a field by `for` only, also inside its label.
    "no-redundant-for": "off",
    // A button outside the form may send it by its attribute `form`, a script of allauth another.
    "wcag/h32": "off",
  },
};
