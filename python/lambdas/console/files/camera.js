// The device's camera, live on the page.
let stream = null;

/** Whether there is one that the page may show. */
export async function hasCamera() {
  const found = await navigator.mediaDevices?.enumerateDevices().catch(() => []);
  return (found ?? []).some((it) => it.kind === "videoinput");
}

export async function start(video) {
  const asked = { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } };
  stream = await navigator.mediaDevices.getUserMedia({ video: asked });
  video.srcObject = stream;
  await video.play();
}

export function stop(video) {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  video.srcObject = null;
}
