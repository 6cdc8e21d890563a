// Sign in with a token: the address of the page stays.

export function signIn(form: HTMLFormElement, failed: (detail: string) => void): void {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = new URLSearchParams({token: new FormData(form).get("token")?.toString() ?? ""});
    try {
      const response = await fetch("login", {method: "POST", body});
      if (response.ok && isSecureContext) return location.reload();
      if (response.ok) return failed("The browser keeps no session over plain HTTP: open the page by HTTPS.");
      failed((await response.json()).detail);
    } catch {
      failed("The server does not answer.");
    }
  });
}
