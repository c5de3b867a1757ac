// A photo as it is sent: 1,280 pixels at most, upright, and without what cameras write into files (place, time, owner).
const LONGEST = 1280;
const MOST_BYTES = 6_000_000;
const QUALITY = 0.85;

/** PNG stays PNG, and all else that the browser can read becomes JPEG. Of a file, a bitmap or a running video. */
export async function shrink(source) {
  const bitmap = await createImageBitmap(source);
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const png = source.type === "image/png" && (await write(canvas, "image/png"));
  return png && png.size <= MOST_BYTES ? png : write(canvas, "image/jpeg");
}

function write(canvas, type) {
  return new Promise((done, fail) => {
    canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("no picture"))), type, QUALITY);
  });
}
