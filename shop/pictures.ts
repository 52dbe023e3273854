/** The example shop's pictures, drawn here: flat shapes in a product's palette, under a kilobyte each. */
import type { Palette } from "./catalogue.ts";

type Draw = (palette: Palette) => string;

const fill = (colour: string, d: string): string => `<path fill="${colour}" d="${d}"/>`;
const line = (colour: string, width: number, d: string): string =>
  `<path fill="none" stroke="${colour}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round" d="${d}"/>`;
const shadow = `<ellipse cx="120" cy="200" rx="84" ry="9" fill="#000" opacity=".09"/>`;

const DRAWINGS: Readonly<Record<string, Draw>> = {
  trainer: ([main, shade, accent]) =>
    shadow +
    fill(main, "M36 176c0-22 2-52 6-66 14 10 34 12 46-4l16-16c22 26 46 44 78 50 20 4 26 18 26 36z") +
    fill(shade, "M36 158c4-4 8-6 14-6 40 0 96 14 158 14v10H36z") +
    fill("#fff", "M34 174h176c2 0 3 2 3 4 0 12-4 20-14 20H48c-10 0-14-10-14-24z") +
    fill(accent, "M42 110c14 10 34 12 46-4l6-6-2 58-54-2c0-16 1-34 4-46z") +
    line("#fff", 5, "M112 108l-16 12M126 122l-16 14M142 134l-14 16") +
    line(shade, 3, "M40 186h168"),
  runner: ([main, shade, accent]) =>
    shadow +
    fill(main, "M32 168c2-20 4-44 10-62 12 12 32 10 42-2l14-14c24 22 44 38 76 48 24 8 38 16 40 34z") +
    fill(accent, "M62 164c18-30 34-36 60-38l14 12c-22 4-30 14-38 28zM110 168c8-18 22-24 42-24l16 6c-18 2-24 8-30 20z") +
    fill(shade, "M42 106c12 12 32 10 42-2l-4 22c-14 10-30 8-42 2z") +
    fill("#fff", "M28 166c60 6 130 4 186 4 6 14-4 28-20 28H54c-18 0-30-12-26-32z") +
    line(shade, 4, "M34 184c50 8 120 6 176 2"),
  chelsea: ([main, shade, accent]) =>
    shadow +
    fill(main, "M64 44h66c0 30-2 52 8 70 14 18 62 20 70 46 2 8 2 16 0 22H66c-4-46 2-92-2-138z") +
    fill(accent, "M86 62h26c0 26-2 46 4 62-6 8-20 8-28 0 4-20 0-42-2-62z") +
    line(shade, 2, "M92 66v56M99 66v60M106 66v56") +
    fill(shade, "M64 178h146v14c0 4-2 6-6 6h-78l-6-8H98v8H70c-4 0-6-2-6-6z") +
    line(shade, 4, "M64 46h66M66 46V32h8v14"),
  loafer: ([main, shade, accent]) =>
    shadow +
    fill(main, "M34 178c-4-30 0-56 10-70 20 18 52 20 78 8 34 16 84 22 88 50 1 6 0 10-2 14z") +
    fill(shade, "M44 108c20 18 52 20 78 8l-12 22c-24 8-50 4-70-8z") +
    fill(accent, "M108 124l34 12-10 20-34-12z") +
    fill(main, "M117 135l14 5-3 6-14-5z") +
    fill(shade, "M32 176h178c1 12-3 18-12 18h-92l-8-4H74v6H44c-8 0-12-8-12-20z") +
    line(shade, 3, "M148 140c20 4 44 8 56 24"),
  boot: ([main, shade, accent]) =>
    shadow +
    fill(main, "M60 40h64l4 66c4 16 20 22 44 28 24 6 36 18 36 42H62c-4-44 2-92-2-136z") +
    fill(shade, "M60 40h64l2 20H61zM62 140c20-8 40-4 52 10 30 8 66 6 94 26H62z") +
    line(accent, 4, "M104 74l24 6M104 90l26 6M108 106l26 6M116 120l28 8") +
    fill("#2a2723", "M58 174h152v12l-10 2v10h-14v-10h-14v10h-14v-10h-14v10h-14v-10h-12v10H72v-10H58z"),
  coat: ([main, shade, accent]) =>
    shadow +
    fill(main, "M92 30l28 14 28-14 34 18 14 76-22 6-10-34 4 106H72l4-106-10 34-22-6 14-76z") +
    fill(shade, "M120 44l-28-14-6 6 30 56 4-6 4 6 30-56-6-6zM118 92h4v110h-4z") +
    fill(
      accent,
      "M104 116a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM104 142a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM104 168a4 4 0 1 1 0 8 4 4 0 0 1 0-8z",
    ) +
    line(shade, 4, "M138 138h24M78 138h16"),
  knit: ([main, shade, accent]) =>
    shadow +
    fill(main, "M92 48c16 10 40 10 56 0l36 18 22 78-26 10-18-46v80H78v-80l-18 46-26-10 22-78z") +
    line(shade, 3, "M92 96v78M106 98v76M120 100v74M134 98v76M148 96v78") +
    fill(shade, "M92 48c16 10 40 10 56 0l-6 14c-12 6-32 6-44 0z") +
    fill(accent, "M78 176h84v14H78zM34 140l26 10-4 10-25-9zM206 140l-26 10 4 10 25-9z"),
  shirt: ([main, shade, accent]) =>
    shadow +
    fill(main, "M90 46l30 16 30-16 34 16 22 62-26 14-18-36v94H78v-94l-18 36-26-14 22-62z") +
    fill(accent, "M90 46l30 16-14 24-24-32zM150 46l-30 16 14 24 24-32z") +
    line(shade, 2, "M120 64v130M78 120v70M162 120v70") +
    fill(
      shade,
      "M120 94a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM120 118a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM120 142a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM120 166a3 3 0 1 1 0 6 3 3 0 0 1 0-6z",
    ) +
    line(shade, 3, "M136 106h16v16h-16z"),
  trousers: ([main, shade, accent]) =>
    shadow +
    fill(main, "M80 36h80l16 164h-44l-12-110-12 110H64z") +
    fill(shade, "M80 36h80l2 16H78z") +
    line(shade, 3, "M98 56l-8 140M142 56l8 140M120 52v40") +
    fill(accent, "M114 40h12v8h-12z") +
    line(accent, 3, "M84 64c8 0 10 8 10 14M156 64c-8 0-10 8-10 14"),
  dress: ([main, shade, accent]) =>
    shadow +
    fill(main, "M92 36l28 30 28-30 20 12 18 62-20 8-14-30 4 32 32 80H52l32-80 4-32-14 30-20-8 18-62z") +
    fill(shade, "M92 36l46 76-12 6-44-74zM84 116h72l2 12H82z") +
    line(accent, 4, "M148 124c10 8 12 24 8 40M146 124c2 10-2 22-8 30") +
    line(shade, 3, "M104 136l-18 60M136 136l18 60"),
  saddle: ([main, shade, accent]) =>
    shadow +
    line(shade, 6, "M62 110C62 20 178 20 178 110") +
    fill(main, "M44 104h152c8 40 0 92-26 92H70c-26 0-34-52-26-92z") +
    fill(shade, "M44 104h152c2 44-24 62-76 62s-78-18-76-62z") +
    fill(accent, "M110 150h20v24c0 8-20 8-20 0z") +
    line(accent, 2, "M54 112c4 30 26 44 66 44s62-14 66-44"),
  tote: ([main, shade, accent]) =>
    shadow +
    line(shade, 6, "M84 92c0-60 72-60 72 0") +
    fill(main, "M48 84h144l12 112H36z") +
    fill(shade, "M48 84h144l2 18H46z") +
    line(accent, 2, "M52 112l-8 76h152l-8-76") +
    fill(accent, "M100 128h40v20h-40z") +
    line(main, 2, "M108 138h24"),
  backpack: ([main, shade, accent]) =>
    shadow +
    line(shade, 6, "M100 46c0-20 40-20 40 0") +
    fill(main, "M64 100c0-70 112-70 112 0v84c0 10-6 14-14 14H78c-8 0-14-4-14-14z") +
    fill(
      shade,
      "M74 128h92v58c0 6-4 8-8 8H82c-4 0-8-2-8-8zM50 112h14v64c-12 0-18-8-18-20v-30c0-8 2-12 4-14zM190 112h-14v64c12 0 18-8 18-20v-30c0-8-2-12-4-14z",
    ) +
    line(accent, 4, "M84 128h72M108 66h24") +
    fill(accent, "M114 122h12v22h-12z"),
  scarf: ([main, shade, accent]) =>
    shadow +
    fill(main, "M66 60c30-26 78-26 108 0 12 12 4 30-12 36-26 10-58 10-84 0-16-6-24-24-12-36z") +
    fill(shade, "M86 66c20-12 48-12 68 0 6 6 2 14-8 16-16 4-36 4-52 0-10-2-14-10-8-16z") +
    fill(main, "M128 92l36-10 18 104-36 6zM92 92l30 6-14 84-34-6z") +
    line(accent, 5, "M134 118l38-7M138 136l38-7M88 118l30 5M85 134l30 5") +
    line(shade, 3, "M150 192l2 10M162 190l2 10M174 188l2 10M78 178l-2 10M90 180l-2 10M102 182l-2 10"),
  hat: ([main, shade, accent]) =>
    shadow +
    fill(main, "M70 150c0-60 10-90 30-90 10 0 14 6 20 6s10-6 20-6c20 0 30 30 30 90z") +
    fill(accent, "M69 132h102l1 22H68z") +
    fill(shade, "M26 152c30-12 158-12 188 0 8 22-36 36-94 36s-102-14-94-36z") +
    fill(main, "M26 150c34 16 154 16 188 0 0 18-40 26-94 26s-94-8-94-26z"),
  belt: ([main, shade, accent]) =>
    shadow +
    line(main, 24, "M120 64c62 0 78 28 78 58s-24 58-78 58-78-28-78-58 16-58 78-58") +
    line(
      shade,
      2,
      "M120 56c68 0 86 32 86 66s-26 66-86 66-86-32-86-66 18-66 86-66M120 72c56 0 70 24 70 50s-22 50-70 50-70-24-70-50 14-50 70-50",
    ) +
    line(accent, 7, "M96 44h48v40H96zM120 64h34") +
    fill(shade, "M176 84a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM188 98a3 3 0 1 1 0 6 3 3 0 0 1 0-6z"),
  watch: ([main, shade, accent]) =>
    shadow +
    fill(main, "M96 20h48l6 56H90zM90 148h60l-6 56H96z") +
    line(accent, 2, "M104 26v40M136 26v40M104 158v40M136 158v40") +
    `<circle cx="120" cy="112" r="50" fill="${shade}"/><circle cx="120" cy="112" r="42" fill="#fbfaf6"/>` +
    line(shade, 4, "M120 78v6M120 140v6M86 112h6M148 112h6") +
    line("#22252b", 5, "M120 112V90M120 112l16 10") +
    fill(shade, "M168 106h8v12h-8z"),
  umbrella: ([main, shade, accent]) =>
    fill(main, "M24 116C34 40 206 40 216 116c-14-12-34-12-48 0-12-12-34-12-48 0-14-12-36-12-48 0-14-12-34-12-48 0z") +
    fill(shade, "M72 116c4-30 20-54 48-58 28 4 44 28 48 58-12-12-34-12-48 0-14-12-36-12-48 0z") +
    line(accent, 3, "M120 58v58M72 116c4-30 20-54 48-58 28 4 44 28 48 58") +
    line("#5b4630", 6, "M120 48v-8M120 116v64c0 22 30 22 30 2"),
};

export function drawProduct(drawing: string, palette: Palette): string {
  const draw = DRAWINGS[drawing];
  if (draw === undefined) throw new Error(`there is no drawing ${drawing}`);
  return frame(240, 240, `<rect width="240" height="240" fill="${palette[3]}"/>${draw(palette)}`);
}

function frame(width: number, height: number, content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${content}</svg>`;
}

/** One drawing, smaller or larger, at a place of a scene. */
function placed(drawing: string, palette: Palette, [x, y, scale]: readonly [number, number, number]): string {
  return `<g transform="translate(${x} ${y}) scale(${scale})">${DRAWINGS[drawing]?.(palette) ?? ""}</g>`;
}

/** The pictures of the home page's heroes, by file name. */
export function drawScenes(palettes: Readonly<Record<string, Palette>>): Readonly<Record<string, string>> {
  const of = (id: string): Palette => palettes[id] as Palette;
  const scene = (ground: string, content: string): string =>
    frame(520, 360, `<rect width="520" height="360" rx="18" fill="${ground}"/>${content}`);
  const floor = (colour: string): string =>
    `<path fill="${colour}" d="M0 292h520v50c0 10-8 18-18 18H18c-10 0-18-8-18-18z"/>`;
  const shelf = (y: number): string => `<rect x="30" y="${y}" width="460" height="8" rx="4" fill="#8b6b4a"/>`;
  return {
    "hero-autumn": scene(
      "#efe3d2",
      `<circle cx="396" cy="110" r="74" fill="#e6b566" opacity=".55"/>${floor("#d9c4a5")}` +
        `<path fill="none" stroke="#6d5337" stroke-width="6" stroke-linecap="round" d="M60 60h250M90 60v240M280 60v240"/>` +
        placed("coat", of("coat-camel"), [70, 58, 1.02]) +
        placed("scarf", of("scarf-mustard"), [196, 50, 0.66]) +
        placed("tote", of("tote-black"), [318, 140, 0.84]),
    ),
    "hero-door": scene(
      "#dfe9e4",
      `${floor("#bfcfc6")}<path fill="#3f6f64" d="M150 40h150v256H150z"/><path fill="#f7ecd2" d="M166 56h118v240H166z"/>` +
        `<path fill="#315a50" d="M166 56l-74-14v268l74-14z"/><circle cx="104" cy="180" r="6" fill="#d9b25f"/>` +
        `<path fill="#a65b3c" d="M130 300h200l24 26H106z"/>` +
        placed("trainer", of("trainer-snow"), [186, 176, 0.6]) +
        placed("umbrella", of("umbrella-forest"), [318, 104, 0.8]),
    ),
    "hero-shoes": scene(
      "#e8edf5",
      `${shelf(128)}${shelf(240)}${shelf(346)}` +
        placed("chelsea", of("chelsea-cognac"), [44, 12, 0.58]) +
        placed("trainer", of("trainer-night"), [194, 12, 0.58]) +
        placed("boot", of("boot-forest"), [344, 12, 0.58]) +
        placed("loafer", of("loafer-bordeaux"), [44, 124, 0.58]) +
        placed("runner", of("runner-mustard"), [194, 124, 0.58]) +
        placed("chelsea", of("chelsea-black"), [344, 124, 0.58]) +
        placed("runner", of("runner-sky"), [44, 230, 0.58]) +
        placed("boot", of("boot-stone"), [194, 230, 0.58]) +
        placed("loafer", of("loafer-camel"), [344, 230, 0.58]),
    ),
    "hero-bag": scene(
      "#f6e9e8",
      `${floor("#e5cfcb")}` +
        placed("saddle", of("saddle-cognac"), [110, 40, 1.24]) +
        placed("hat", of("hat-stone"), [330, 150, 0.72]),
    ),
    "hero-parcel": scene(
      "#f1efe4",
      `${floor("#dcd7bf")}<path fill="#c79a63" d="M140 130h240v180H140z"/><path fill="#b08450" d="M140 130h240v34H140z"/>` +
        `<path fill="#7c2a3b" d="M244 130h32v180h-32z"/><path fill="#7c2a3b" d="M260 128c-60-8-90-70-50-78 30-6 48 40 50 78 2-38 20-84 50-78 40 8 10 70-50 78z"/>` +
        `<path fill="#511824" d="M260 128c-34-10-58-44-42-54 16-8 38 24 42 54zM260 128c34-10 58-44 42-54-16-8-38 24-42 54z"/>` +
        `<path fill="#fbfaf6" d="M168 224h56v40h-56z"/><path fill="none" stroke="#94693a" stroke-width="3" d="M176 238h40M176 250h26"/>`,
    ),
  };
}

export const ICON = frame(
  64,
  64,
  `<rect width="64" height="64" rx="14" fill="#2f5249"/><path fill="#f4efe4" d="M32 12c10 8 16 16 16 26 0 8-7 14-16 14s-16-6-16-14c0-10 6-18 16-26z"/><path fill="none" stroke="#2f5249" stroke-width="3" stroke-linecap="round" d="M32 24v22M32 34l7-6M32 40l-7-6"/>`,
);
