// The graphs of the book. They are links in an SVG that scrolls in its frame; this adds zoom, filters, search and paths.
// What is shown stands in the address: #lemma-5, or #graph=claims&node=lemma-5&only=1&hide=proved.step&find=loss.
"use strict";
(() => {
  const make = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    return made.append(...children), made;
  };
  const graphs = [...document.querySelectorAll("figure.graph")].map(start);

  function start(figure) {
    const svg = figure.querySelector("svg"), frame = figure.querySelector(".graph-frame");
    const nodes = new Map([...svg.querySelectorAll(".node")].map((node) => [node.dataset.id, node]));
    const edges = [...svg.querySelectorAll(".edge[data-from]")];
    const { width, height } = svg.viewBox.baseVal;
    const state = { node: null, only: false, hide: new Set(), find: "" };
    let zoom = 1;
    // Zoom: the picture's size changes, the frame scrolls; so fingers, wheels and arrow keys pan, and
    // fingers pinch, without our help.
    function zoomTo(factor, x = frame.clientWidth / 2, y = frame.clientHeight / 2) {
      const next = Math.min(4, Math.max(0.1, factor)), ratio = next / zoom;
      const [left, top] = [(frame.scrollLeft + x) * ratio - x, (frame.scrollTop + y) * ratio - y];
      zoom = next;
      Object.assign(svg.style, { width: `${width * zoom}px`, height: `${height * zoom}px` });
      frame.scrollTo(left, top);
    }
    const fit = () => zoomTo(Math.max(0.7, Math.min(1, frame.clientWidth / width)));
    const [closer, farther] = [() => zoomTo(zoom * 1.25), () => zoomTo(zoom / 1.25)];
    frame.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const corner = frame.getBoundingClientRect();
      zoomTo(zoom * Math.exp(-event.deltaY / 300), event.clientX - corner.left, event.clientY - corner.top);
    }, { passive: false });

    // Drag with a mouse; a drag is no click on the link under it.
    let drag = null, dragged = false;
    frame.addEventListener("dragstart", (event) => event.preventDefault());
    frame.addEventListener("pointerdown", (event) => {
      dragged = false;
      if (event.pointerType === "mouse" && event.button === 0)
        drag = { x: event.clientX + frame.scrollLeft, y: event.clientY + frame.scrollTop };
    });
    addEventListener("pointermove", (event) => {
      if (!drag) return;
      const [left, top] = [drag.x - event.clientX, drag.y - event.clientY];
      dragged ||= Math.hypot(left - frame.scrollLeft, top - frame.scrollTop) > 4;
      if (dragged) frame.scrollTo(left, top);
    });
    addEventListener("pointerup", () => { drag = null; });
    frame.addEventListener("click", (event) => { if (dragged) event.preventDefault(); }, true);

    // Paths: all that a node rests on, and all that rests on it.
    function concerned(id) {
      const reach = (from, to) => {
        const met = new Set([id]);
        for (const one of met) for (const edge of edges) if (edge.dataset[from] === one) met.add(edge.dataset[to]);
        return met;
      };
      const [below, above] = [reach("from", "to"), reach("to", "from")];
      const on = (edge) => [below, above].some((met) => met.has(edge.dataset.from) && met.has(edge.dataset.to));
      return { below, above, nodes: new Set([...below, ...above]), edges: new Set(edges.filter(on)) };
    }
    function trace(id) {
      svg.classList.toggle("tracing", id !== null);
      if (id === null) return says.replaceChildren();
      const found = concerned(id);
      nodes.forEach((node, other) => node.classList.toggle("on", found.nodes.has(other)));
      edges.forEach((edge) => edge.classList.toggle("on", found.edges.has(edge)));
      const [below, above] = [found.below.size - 1, found.above.size - 1];
      says.textContent = `${nodes.get(id).ariaLabel}. It rests on ${below}, and ${above} on it. Key o: only these.`;
    }
    for (const [id, node] of nodes) {
      node.addEventListener("pointerenter", () => trace(id));
      node.addEventListener("pointerleave", () => trace(state.node));
      node.addEventListener("focus", () => node.matches(":focus-visible") && change({ node: id }));
    }
    frame.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const keys = { "+": closer, "-": farther, 0: fit, o: toggleOnly, Escape: forget };
      if (Object.hasOwn(keys, event.key)) { keys[event.key](); event.preventDefault(); }
    });
    const change = (said) => { Object.assign(state, said); show(); };
    const forget = () => change({ node: null, only: false });
    const toggleOnly = () => change({ only: state.node !== null && !state.only });
    // Tools. They are made here, for without a script they would do nothing.
    const says = make("p", { className: "graph-says", ariaLive: "polite" });
    const button = (textContent, title, onclick) => make("button", { type: "button", textContent, title, onclick });
    const oninput = () => change({ find: search.value });
    const search = make("input", { type: "search", placeholder: "Find a claim", ariaLabel: "Find a claim", oninput });
    const only = button("Only what concerns it", "What the chosen claim rests on, and what rests on it", toggleOnly);
    const filter = (legend, key, words = {}) => {
      const onchange = ({ target }) => { state.hide[target.checked ? "delete" : "add"](target.value); show(); };
      const labels = [...new Set([...nodes.values()].map((node) => node.dataset[key]))].map((value) =>
        make("label", {}, make("input", { type: "checkbox", value, onchange }), words[value] ?? value));
      return make("fieldset", {}, make("legend", {}, legend), ...labels);
    };
    const reset = () => { fit(); change({ node: null, only: false, hide: new Set(), find: "" }); };
    const verdicts = filter("Verdict", "verdict", { parts: "several claims", "not-run": "not run" });
    const filters = make("details", {}, make("summary", {}, "Filter"), verdicts, filter("Kind", "kind"));
    const zooms = [button("+", "Zoom in", closer), button("−", "Zoom out", farther), button("Reset", "Zoom and filters", reset)];
    const whole = () => document.fullscreenElement ? document.exitFullscreen() : figure.requestFullscreen();
    frame.before(make("div", { className: "graph-tools" }, ...zooms, button("Full screen", "The graph alone", whole), search, only, filters), says);
    function show(remember = true) {
      const near = state.only && state.node ? concerned(state.node).nodes : null;
      const sought = state.find.trim().toLowerCase();
      for (const [id, node] of nodes) {
        const { verdict, kind, label } = node.dataset;
        const text = `${label} ${id} ${node.querySelector("title").textContent}`.toLowerCase();
        node.classList.toggle("away", state.hide.has(verdict) || state.hide.has(kind) || !(near?.has(id) ?? true));
        node.classList.toggle("found", sought !== "" && text.includes(sought));
      }
      const away = (id) => nodes.get(id).classList.contains("away");
      for (const { dataset, classList } of edges) classList.toggle("away", away(dataset.from) || away(dataset.to));
      for (const box of filters.querySelectorAll("input")) box.checked = !state.hide.has(box.value);
      if (search.value !== state.find) search.value = state.find;
      only.disabled = state.node === null;
      only.ariaPressed = String(state.only);
      trace(state.node);
      if (remember) history.replaceState(null, "", location.href.split("#")[0] + address());
    }
    // In the address an id goes without its paper where the graph has but one.
    const onePaper = new Set([...nodes.keys()].map((id) => id.split("/")[0])).size === 1;
    const short = (id) => onePaper ? id.slice(id.indexOf("/") + 1) : id;
    function address() {
      const said = { ...state, node: state.node && short(state.node), only: state.only && 1, hide: [...state.hide].join(".") };
      const kept = Object.entries(said).filter(([, value]) => value);
      return kept.length ? `#${new URLSearchParams([["graph", figure.dataset.name], ...kept])}` : "";
    }
    fit();
    show(false);
    return { figure, nodes, state, show, short };
  }

  function follow() {
    const text = location.hash.slice(1);
    const said = text.includes("=") ? new URLSearchParams(text) : new URLSearchParams({ node: text });
    const named = graphs.filter(({ figure }) => [null, figure.dataset.name].includes(said.get("graph")));
    const id = ({ nodes, short }) => [...nodes.keys()].find((one) => [one, short(one)].includes(said.get("node")));
    const graph = named.find(id) ?? (said.has("graph") ? named[0] : null);
    if (!text || !graph) return;
    const hide = new Set((said.get("hide") ?? "").split(".").filter(Boolean));
    Object.assign(graph.state, { node: id(graph) ?? null, only: said.has("only"), hide, find: said.get("find") ?? "" });
    graph.show(false);
    graph.nodes.get(graph.state.node)?.scrollIntoView({ block: "center", inline: "center" });
  }
  follow();
  addEventListener("hashchange", follow);
})();
