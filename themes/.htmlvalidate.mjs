// What valid HTML is, for the golden pages of every theme: `make lint` asks.
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
