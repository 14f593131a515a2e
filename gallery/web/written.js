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
      await loaded(`cards/${++this.at}.js`);
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

// The same as the command line: any of the keywords, and all of the rest.
function matches(told) {
  return [...new Set(wanted.keys())].every((name) => {
    const values = wanted.getAll(name).map((value) => value.toLowerCase());
    if (name === "since") return told.day >= values[0];
    if (name === "until") return told.day <= values[0];
    const known = (told[name] ?? []).map((value) => value.toLowerCase());
    const like = {
      label: (value) => known.some((one) => one.includes(value)),
      source: (value) => known.some((one) => one === value || one.startsWith(`${value}:`)),
      title: (value) => known.some((one) => one.includes(value)),
    }[name] ?? ((value) => known.includes(value));
    return values.some(like);
  });
}

// The form and the chips say what the URL asks for.
function showSearch(form) {
  const chips = form.querySelector(".chips");
  for (const [name, value] of wanted) {
    const field = form.elements[name];
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
