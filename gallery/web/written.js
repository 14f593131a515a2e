// A site on a disk: cards come from scripts beside the page, and are searched here.
"use strict";

const wanted = new URLSearchParams(location.search);
let arrived = [];

// What each of those scripts calls.
function cards(some) {
  arrived = some;
}

class Written {
  constructor(count) {
    this.count = count;
    this.at = 0;
  }

  get isDone() {
    return this.at >= this.count;
  }

  async next() {
    const found = [];
    while (!found.length && !this.isDone) {
      await loaded(`cards/${this.at + 1}.js`);
      this.at += 1;
      for (const [html, ratio, told] of arrived) {
        if (matches(told)) found.push({ html, ratio });
      }
    }
    return found;
  }
}

function loaded(source) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.onload = resolve;
    script.onerror = reject;
    script.src = source;
    document.head.append(script);
  });
}

const SAME = ["keyword", "recipe", "backbone"];
const everyday = (document.getElementById("grid")?.dataset.everyday ?? "").split(" ");

// Any of the keywords, and all of the rest, as the server searches.
function matches(told) {
  const asked = (name) => wanted.getAll(name).map((value) => value.trim()).filter(Boolean);
  const [since] = asked("since"), [until] = asked("until");
  if ((since && told.day < since) || (until && told.day > until)) return false;
  const [label] = asked("label").map(plain), [colour] = asked("colour").map(plain);
  if (label && !isLabelled(told, label)) return false;
  if (colour && !told.colour.includes(colour)) return false;
  return isSeen(told.seen, asked) && SAME.every((name) => {
    return !asked(name).length || asked(name).some((value) => told[name].includes(value));
  });
}

// A word of every day means certain classes, others those that have all of the words.
function isLabelled(told, label) {
  if (everyday.includes(label)) return told.everyday.includes(label);
  const words = (text) => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
  return told.label.some((name) => words(label).every((word) => words(name).includes(word)));
}

// Source, licence and title are of one place where the picture was seen.
function isSeen(places, asked) {
  const [source] = asked("source");
  const [licence] = asked("licence").map(plain), [title] = asked("title").map(plain);
  return places.some(([from, terms, name]) =>
    (!source || from === source || from.startsWith(`${source}:`)) &&
    (!licence || terms === licence) && (!title || plain(name ?? "").includes(title)),
  );
}

function plain(value) {
  return value.toLowerCase().replace(/^gray$/, "grey");
}

// The form and the chips say what the URL asks for.
function showSearch(form) {
  const chips = form.querySelector(".chips");
  for (const [name, value] of wanted) {
    const field = form.elements.namedItem(name);
    if (!field) continue;
    if (field.options && ![...field.options].some((one) => one.value === value)) {
      field.add(new Option(value));
    }
    field.value = value;
    const others = new URLSearchParams([...wanted].filter(([one, other]) => one !== name || other !== value));
    chips.append(chip(name, value, others));
  }
}

function chip(name, value, others) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  const label = document.createElement("span");
  label.className = "quiet";
  label.textContent = name;
  link.append(label, ` ${value} ×`);
  link.href = others.size ? `?${others}` : location.pathname;
  link.setAttribute("aria-label", `no longer: ${name} ${value}`);
  item.append(link);
  return item;
}

showSearch(document.querySelector("form.search"));
