/** A small line of the last minutes, drawn on a canvas: one value a second, the highest at the top. */

const POINTS = 180;

/** @param canvas its size in CSS pixels is its drawing's */
export function createChart(canvas, label) {
  const values = [];

  function draw() {
    const scale = window.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = canvas;
    canvas.width = width * scale;
    canvas.height = height * scale;
    canvas.setAttribute("aria-label", label());
    const pen = canvas.getContext("2d");
    if (pen === null || values.length < 2) return;
    pen.scale(scale, scale);
    const most = Math.max(...values, 1e-9);
    const style = getComputedStyle(canvas);
    const step = width / (POINTS - 1);
    const from = width - (values.length - 1) * step;
    pen.beginPath();
    values.forEach((value, index) => pen.lineTo(from + index * step, height - 2 - (value / most) * (height - 6)));
    pen.strokeStyle = style.getPropertyValue("--accent");
    pen.lineWidth = 1.75;
    pen.lineJoin = "round";
    pen.stroke();
    pen.lineTo(width, height);
    pen.lineTo(from, height);
    pen.fillStyle = style.getPropertyValue("--accent-soft");
    pen.globalCompositeOperation = "destination-over";
    pen.fill();
  }

  window.addEventListener("resize", draw);
  draw();
  return {
    add(value) {
      values.push(value);
      if (values.length > POINTS) values.shift();
      draw();
    },
    draw,
  };
}
