// Sphinx's search for papers. This file is read after searchtools.js, whose Search and Scorer are changed here.

// The index holds `equation 33`; a reader may ask for `Equation (33)`, `eq. 33`, `(33)` or `33`.
const asIndexed = (asked) =>
  asked.trim().toLowerCase().replace(/\s+/g, " ").replace(/\(([\w.]+)\)/g, "$1").replace(/^eqs?\b\.?\s*/, "equation ")
    .replace(/^(\d+(?:\.\d+)*)$/, "equation $1");

let sought = "";
{
  const perform = Search.performSearch;
  Search.performSearch = (asked) => perform((sought = asIndexed(asked)));
}

// What is shown of a result. An entry of the index marks an empty place: its row is what the reader wants to see.
Search.htmlToText = (html, anchor) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  page.querySelectorAll(".headerlink, script, style").forEach((one) => one.remove());
  const place = anchor ? page.getElementById(decodeURIComponent(anchor.slice(1))) : null;
  const shown = place?.textContent.trim() ? place : place?.closest("tr, li, section");
  return (shown ?? page.querySelector("[role=main]") ?? page.body).textContent || " ";
};

// What is called as the reader asks comes first; a paper's own items before an index, an index before a guide.
var Scorer = {
  ...Scorer,
  score: ([page, title, anchor, , score, , kind]) => {
    const name = title.toLowerCase().split(" > ").pop();
    const place = page.startsWith("papers/") ? 4 : page.startsWith("coverage/") ? 3 : page.startsWith("api/") ? -4 : 0;
    const called = name === sought ? 120 : name.startsWith(sought) && !/^[\w.]/.test(name.slice(sought.length)) ? 110 : 0;
    return called + place + score + (kind === "index" || anchor ? 0 : -1);
  },
};
