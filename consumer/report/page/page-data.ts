/** What the page was given, as JSON in an element of its own. */
export function pageData<Data>(): Data {
  return JSON.parse(document.getElementById("data")!.textContent!) as Data;
}
