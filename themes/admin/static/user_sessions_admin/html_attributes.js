"use strict";

// Puts the attributes of its own <script>, which a site writes, onto <html>. It stands in <head>, so
// the page is drawn once, in the right colours.
for (const { name, value } of document.currentScript.attributes) {
  if (name !== "src") document.documentElement.setAttribute(name, value);
}
