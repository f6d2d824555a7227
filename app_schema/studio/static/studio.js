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
};

// key: [what it does, how]
const KEYS = {
    "?": ["these shortcuts", showKeys],
    "/": ["search", () => document.querySelector("input[type=search]")?.focus()],
    "s": ["start: the tables", () => go("/")],
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
