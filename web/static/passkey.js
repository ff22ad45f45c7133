// Passkeys: asks the server for a question, the browser for an answer, and sends it with the form that stands in the page.
// Without this file, or where the browser knows no passkey, the form stays hidden and the other ways serve.
(() => {
  const { PublicKeyCredential } = window;
  if (!PublicKeyCredential?.parseRequestOptionsFromJSON || !PublicKeyCredential.parseCreationOptionsFromJSON) return;

  const answer = async (form) => {
    const asked = await fetch(form.dataset.passkey, { method: "POST", credentials: "same-origin" });
    if (!asked.ok) throw new Error(`the question was refused: ${asked.status}`);
    const { publicKey } = await asked.json();
    const credential = "make" in form.dataset
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
    const json = credential.toJSON();
    // A browser leaves out whose passkey it is where the server has named it; the server wants it said.
    if ("signature" in json.response) json.response.userHandle ??= null;
    return JSON.stringify(json);
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      if (form.elements.credential.value) return; // answered: the form goes its way
      event.preventDefault();
      const said = form.querySelector(".passkey-said");
      const button = form.querySelector("button");
      said.textContent = "";
      button.disabled = true;
      try {
        form.elements.credential.value = await answer(form);
        form.submit();
      } catch {
        said.textContent = form.dataset.failed; // closed, too late, or none that fits: the person knows which
        button.disabled = false;
        button.focus();
      }
    });
  }
})();
