// Line icons, 24 x 24, drawn with the text colour. Decorative: the button's own text names them.
const SHAPES = {
  chat: ["M4 5h16v11H9.5L5 20v-4H4z", "M8 9h8", "M8 12.5h5"],
  close: ["M6 6l12 12", "M18 6L6 18"],
  send: ["M4 12L20 4l-5 16-3.5-6.5z", "M11.5 13.5L20 4"],
  person: ["M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z", "M4.5 20.5c.8-4 3.7-6 7.5-6s6.7 2 7.5 6"],
  trash: ["M4 7h16", "M9 7V4h6v3", "M6.5 7l1 13h9l1-13", "M10 11v5.5", "M14 11v5.5"],
  size: ["M3 19L8.5 5h1L15 19", "M5 14.5h8", "M15.5 19l2.7-7h.6l2.7 7", "M16.5 16.8h4"],
  phone: ["M6 3.5h3.5l1.5 4.5-2 1.5a11 11 0 0 0 5.5 5.5l1.5-2 4.5 1.5V18a2.5 2.5 0 0 1-2.5 2.5A15.5 15.5 0 0 1 3.5 6 2.5 2.5 0 0 1 6 3.5z"],
  back: ["M19 12H5", "M11 6l-6 6 6 6"],
  document: ["M6 3h8l4 4v14H6z", "M14 3v4h4", "M9 12h6", "M9 16h6"],
  alert: ["M12 3.5L22 20H2z", "M12 10v4.5", "M12 17v.5"],
  shield: ["M12 3l7.5 3v5.5c0 4.5-3 8-7.5 9.5-4.5-1.5-7.5-5-7.5-9.5V6z", "M9 12l2.2 2.2L15.2 10"],
  exit: ["M14 4h6v16h-6", "M4 12h11", "M11 8l4 4-4 4"],
  check: ["M5 12.5l4.5 4.5L19 7.5"],
};

const SVG = "http://www.w3.org/2000/svg";

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const attributes = {
    viewBox: "0 0 24 24", width: "24", height: "24", fill: "none", stroke: "currentColor", "stroke-width": "2",
    "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true", focusable: "false", class: "icon",
  };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  for (const shape of SHAPES[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", shape);
    svg.append(path);
  }
  return svg;
}
