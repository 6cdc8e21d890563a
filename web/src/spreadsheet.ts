// Texts that spreadsheets would run as formulas; fleetfeed/text/spreadsheet.py is the same for the server's files.
const INVISIBLE =
  "\\u0001-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F-\\u009F\\u00AD\\u034F\\u061C\\u115F\\u1160\\u17B4\\u17B5" +
  "\\u180B-\\u180F\\u200B-\\u200F\\u2028-\\u202E\\u2060-\\u206F\\u3164\\uFE00-\\uFE0F\\uFEFF\\uFFA0\\uFFF9-\\uFFFB" +
  "\\u{E0000}-\\u{E0FFF}";
const FORMULA = new RegExp(`^[${INVISIBLE}]*[-=+@\\t\\r\\n\\uFF1D\\uFF0B\\uFF0D\\uFF20]`, "u");

/** Return a text with a quote before it if it begins like a formula. */
export function disarmed(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}
