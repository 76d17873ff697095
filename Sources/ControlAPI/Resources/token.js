// The dialog that asks for a token.
import { setToken, hasToken } from "./ask.js";
import { find } from "./dom.js";

const usual = "The operator's token starts and cancels runs; the reading one shows them. It stays in this tab's memory only.";

/** Returns whether a token was entered or forgotten, so that it is worth asking the service again. */
export function askForToken(why = usual) {
  const dialog = find("token-dialog");
  find("token-why").textContent = why;
  find("token-forget").hidden = !hasToken();
  find("token-input").value = "";
  dialog.returnValue = "";
  if (!dialog.open) dialog.showModal();
  find("token-input").focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const entered = find("token-input").value.trim();
      find("token-input").value = "";
      if (dialog.returnValue === "use" && entered) setToken(entered);
      if (dialog.returnValue === "forget") setToken("");
      resolve(dialog.returnValue === "forget" || (dialog.returnValue === "use" && entered !== ""));
    }, { once: true });
  });
}

find("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  // What a browser can't send would look like a service that does not answer.
  if (/[^\x21-\x7e]/.test(find("token-input").value.trim())) {
    find("token-why").textContent = "A token has neither spaces nor letters outside ASCII; this one has. Was it copied with something else?";
    find("token-input").select();
    return;
  }
  find("token-dialog").close("use");
});
find("token-forget").addEventListener("click", () => find("token-dialog").close("forget"));
find("token-cancel").addEventListener("click", () => find("token-dialog").close(""));
