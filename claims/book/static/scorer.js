// Numbers of equations: the index knows `equation 33`, a reader may ask for `equation (33)`, `(33)` or `33`.
(() => {
  const address = new URL(window.location.href);
  const asked = address.searchParams.get("q");
  if (!asked) return;
  const known = asked.trim().replace(/\((\w+)\)/g, "$1").replace(/\beqs?\.\s*/i, "equation ").replace(/^(\d+)$/, "equation $1");
  if (known === asked) return;
  address.searchParams.set("q", known);
  window.history.replaceState(null, "", address);
})();

// The order of search results: what is called as the reader asks comes first, and a paper before what is said of it.
var Scorer = {
  score: function (result) {
    const [page, title, anchor, , score] = result;
    const asked = (new URLSearchParams(window.location.search).get("q") || "").trim().toLowerCase();
    const name = title.toLowerCase().split(" > ").pop();
    const place = page.startsWith("papers/") ? 4 : page.startsWith("coverage/") ? 3 : page.startsWith("api/") ? -4 : 0;
    if (name === asked) return score + place + 60;
    if (name.startsWith(asked + " ") || name.startsWith(asked + ",")) return score + place + 30;
    return score + place + (anchor ? 0 : -1);
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
