() => {
  const found = [];
  const isSeen = (node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const say = (what, node) => found.push(`${what}: ${node.outerHTML.slice(0, 120)}`);
  if (document.documentElement.scrollWidth > innerWidth) found.push("it is wider than the window");
  if (!document.title.trim() || !document.documentElement.lang) found.push("no title or language");
  if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
  for (const image of document.images) {
    if (!image.hasAttribute("alt")) say("no alt", image);
  }
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) found.push(`twice: #${id}`);
  for (const node of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")) {
    const name = node.getAttribute("aria-label") || node.textContent.trim() ||
      node.labels?.[0]?.textContent.trim() || node.querySelector("img[alt]")?.alt;
    if (!name) say("no name", node);
  }

  const parsed = (colour) => {
    const canvas = parsed.canvas ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([red, green, blue]) => {
    const [r, g, b] = [red, green, blue].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = parsed(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return parsed(matchMedia("(prefers-color-scheme: dark)").matches ? "#121212" : "white");
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !isSeen(node) || node.closest("script, datalist, option, noscript")) continue;
    const style = getComputedStyle(node);
    const isLarge = parseFloat(style.fontSize) >= 24;
    const colour = node instanceof SVGElement ? style.fill : style.color;
    const [one, other] = [light(parsed(colour)), light(behind(node))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < (isLarge ? 3 : 4.5)) say(`contrast ${ratio.toFixed(2)}`, node);
  }
  return found;
}
