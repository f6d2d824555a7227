"use strict";
// The studio's own script. It is loaded in the head and blocks, so that a dark page is never drawn light first.
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = () => localStorage.getItem("studio-theme") || (dark.matches ? "dark" : "light");
const paint = () => root.setAttribute("data-bs-theme", theme());
paint();
dark.addEventListener("change", paint);

const go = path => { location.href = path; };
const follow = selector => document.querySelector(selector)?.click();
const rows = () => [...document.querySelectorAll("tbody tr[data-sa-pk]")];

const actions = {
    "go": element => go(element.value),
    "submit": element => element.form.submit(),
    "apply-columns": () => applyColumnVisibility(),
    "refresh": () => location.reload(),
    "theme": () => { localStorage.setItem("studio-theme", theme() === "dark" ? "light" : "dark"); paint(); },
    "keys": () => showKeys(),
    "recall": element => { const sql = document.getElementById("sql"); sql.value = element.textContent; sql.focus(); },
    "copy": copy,
    "zoom": ({ dataset }) => zoom(Number(dataset.by)),
    "fit": () => { const svg = drawn(); view(svg, svg.dataset.whole.split(" ").map(Number)); },
};

// key: [what it does, how]
const KEYS = {
    "?": ["these shortcuts", showKeys],
    "/": ["search", () => document.querySelector("input[type=search]")?.focus()],
    "s": ["start: the tables", () => go("/")],
    "q": ["SQL console", () => go("/console")],
    "e": ["picture of the tables", () => go("/picture")],
    "m": ["migrations", () => go("/migrations")],
    "v": ["view as a person", () => go("/view-as")],
    "n": ["next page", () => follow("a[rel=next]")],
    "p": ["previous page", () => follow("a[rel=prev]")],
    "j": ["next row", () => step(1)],
    "k": ["row before", () => step(-1)],
    "Enter": ["open the row", () => follow("tr.studio-here a[href*='/detail']")],
    "r": ["refresh", actions.refresh],
    "d": ["dark or light", actions.theme],
};

// The chosen rows; without a choice those of the page.
async function copy(button) {
    const chosen = [...document.querySelectorAll("input.row-checkbox:checked")].map(box => box.value);
    const keys = button.dataset.pk ? [button.dataset.pk] : chosen.length ? chosen : rows().map(row => row.dataset.saPk);
    const answer = await fetch(button.dataset.url + keys.map(key => `&pk=${encodeURIComponent(key)}`).join(""));
    const text = await answer.text();
    if (answer.ok) await navigator.clipboard.writeText(text);
    showAlert(answer.ok ? "success" : "danger", answer.ok ? `${keys.length} copied.` : "Not copied.", 3000);
}

// A cell that was saved is a new row in the table: the bar with its undo is fetched again.
addEventListener("DOMContentLoaded", () => {
    const body = document.querySelector("tbody:has(tr[data-sa-pk])");
    if (!body || !document.getElementById("undo")) return;
    new MutationObserver(async () => {
        document.querySelectorAll(".tooltip").forEach(tip => tip.remove()); // of cells that are gone
        const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
        document.getElementById("undo").replaceWith(page.getElementById("undo"));
    }).observe(body, { childList: true });
});

// The picture of the tables: its part that is seen is the viewBox of the SVG.
const drawn = () => document.getElementById("picture");
const view = (svg, box) => svg.setAttribute("viewBox", box.join(" "));
function zoom(by, at) {
    const svg = drawn();
    const { x, y, width, height } = svg.viewBox.baseVal;
    const to = at || { x: x + width / 2, y: y + height / 2 };
    view(svg, [to.x - (to.x - x) / by, to.y - (to.y - y) / by, width / by, height / by]);
}
addEventListener("DOMContentLoaded", () => {
    const svg = drawn();
    if (!svg) return;
    svg.dataset.whole = svg.getAttribute("viewBox");
    const point = ({ clientX, clientY }) => new DOMPoint(clientX, clientY).matrixTransform(svg.getScreenCTM().inverse());
    svg.addEventListener("wheel", event => {
        event.preventDefault();
        zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15, point(event));
    }, { passive: false });
    let from = null;
    let moved = false;
    svg.addEventListener("pointerdown", event => { from = point(event); moved = false; });
    addEventListener("pointerup", () => { from = null; });
    svg.addEventListener("pointermove", event => {
        if (!from) return;
        const { x, y, width, height } = svg.viewBox.baseVal;
        const to = point(event);
        moved ||= Math.hypot(to.x - from.x, to.y - from.y) > 3;
        view(svg, [x + from.x - to.x, y + from.y - to.y, width, height]);
    });
    svg.addEventListener("dragstart", event => event.preventDefault());
    svg.addEventListener("click", event => { if (moved) event.preventDefault(); }, true);
    for (const link of svg.querySelectorAll("a")) {
        const near = [...svg.querySelectorAll(".line")].filter(({ dataset }) => [dataset.from, dataset.to].includes(link.dataset.table));
        for (const [event, on] of [["pointerenter", true], ["focus", true], ["pointerleave", false], ["blur", false]]) {
            link.addEventListener(event, () => near.forEach(line => line.classList.toggle("near", on)));
        }
    }
});

function showKeys() {
    const dialog = document.getElementById("keys");
    const list = document.createElement("dl");
    for (const [key, [text]] of Object.entries(KEYS)) {
        const term = list.appendChild(document.createElement("dt"));
        term.appendChild(document.createElement("kbd")).textContent = key;
        list.appendChild(document.createElement("dd")).textContent = text;
    }
    dialog.replaceChildren(list);
    dialog.showModal();
}

function step(by) {
    const all = rows();
    const here = all.findIndex(row => row.classList.contains("studio-here"));
    const next = all[Math.min(Math.max(here + by, 0), all.length - 1)];
    all[here]?.classList.remove("studio-here");
    next?.classList.add("studio-here", "table-active");
    all[here] !== next && all[here]?.classList.remove("table-active");
    next?.scrollIntoView({ block: "nearest" });
}

for (const [event, tag] of [["change", "SELECT"], ["click", "BUTTON"]]) {
    document.addEventListener(event, ({ target }) => {
        const element = target.closest("[data-studio]");
        if (element?.tagName === tag) actions[element.dataset.studio](element);
    });
}
document.addEventListener("keydown", event => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.target.closest("#console, .inline-edit-form")?.querySelector("button").click();
    }
    const taken = "input, select, textarea, [contenteditable], .jsoneditor";
    const typing = event.target.closest(event.key === "Enter" ? `${taken}, a, button` : taken);
    if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const shortcut = KEYS[event.key];
    if (shortcut) {
        event.preventDefault();
        shortcut[1]();
    }
});
// what is typed is not NULL
for (const event of ["input", "change"]) {
    document.addEventListener(event, ({ target }) => {
        if (!target.name || target.name === "_null") return;
        const box = document.querySelector(`input[name=_null][value="${CSS.escape(target.name)}"]`);
        if (box) box.checked = target.tagName === "SELECT" && target.value === "";
    });
}
