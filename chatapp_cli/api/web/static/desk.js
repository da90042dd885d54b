// The window takes the keys once it is there and whenever its page is returned to; when it has closed, Enter opens it.
// Files that are chosen above it or dropped onto it are uploaded one after another.
"use strict";

const TAKERS = { "-closed": ".over .button", "-loaded": ".xterm-helper-textarea" };

const take = () => {
  const state = Object.keys(TAKERS).find((name) => document.body.classList.contains(name));
  if (state) document.querySelector(TAKERS[state]).focus();
};

addEventListener("focus", take);
addEventListener("load", () => new MutationObserver(take).observe(document.body, { attributes: true }));

const sent = async (file) => {
  const told = document.querySelector("#told");
  if (file.size > told.dataset.limit) {
    told.textContent = told.dataset.large;
    return false;
  }
  const proof = document.querySelector("[name=proof]").value;
  const headers = { "X-Proof": proof, "X-Name": encodeURIComponent(file.name) };
  told.textContent = `${file.name}…`;
  const answer = await fetch("/desk/upload", { method: "POST", headers, body: file }).catch(() => null);
  told.textContent = answer && !answer.redirected ? await answer.text() : told.dataset.lost;
  return answer?.ok;
};

const upload = async (files) => {
  for (const file of files) if (!(await sent(file))) break;
  take();
};

addEventListener("load", () => {
  const files = document.querySelector("#files");
  document.querySelector("#upload").addEventListener("click", () => files.click());
  files.addEventListener("change", async () => {
    await upload([...files.files]);
    files.value = "";
  });
});
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  upload([...event.dataTransfer.files]);
});
