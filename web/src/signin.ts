// Sign in without leaving the page, so that what its address selects is still selected afterwards.
import { Problem, signIn } from "./api.ts";
import { byId } from "./dom.ts";

/** Answer the form. */
export function listenSignIn(signedIn: () => Promise<void>): void {
  const form = byId<HTMLFormElement>("signin");
  const failed = byId("signin-failed");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const field = byId<HTMLInputElement>("token");
    failed.textContent = "";
    signIn(field.value).then(
      () => {
        field.value = "";
        return signedIn();
      },
      (error: unknown) => {
        failed.textContent = error instanceof Problem ? [error.message, error.hint].join(" ") : String(error);
      },
    );
  });
}
