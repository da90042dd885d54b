// The window takes the keys once it is there and whenever its page is returned to; when it has closed, Enter opens it.
"use strict";

const TAKERS = { "-closed": ".over .button", "-loaded": ".xterm-helper-textarea" };

const take = () => {
  const state = Object.keys(TAKERS).find((name) => document.body.classList.contains(name));
  if (state) document.querySelector(TAKERS[state]).focus();
};

addEventListener("focus", take);
addEventListener("load", () => new MutationObserver(take).observe(document.body, { attributes: true }));
