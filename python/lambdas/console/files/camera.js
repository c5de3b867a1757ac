// The device's camera, live on the page.
let stream = null;
let turn = 0;

/** Whether there is one that the page may show. */
export async function hasCamera() {
  const found = await navigator.mediaDevices?.enumerateDevices().catch(() => []);
  return (found ?? []).some((it) => it.kind === "videoinput");
}

/** Answers whether it runs: it may have been stopped while permission was being asked. */
export async function start(video) {
  const mine = ++turn;
  const asked = { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } };
  try {
    const given = await navigator.mediaDevices.getUserMedia({ video: asked });
    if (mine !== turn) release(given);
    else await play(video, given);
  } catch (error) {
    if (mine === turn) throw error;
  }
  return mine === turn;
}

export function stop(video) {
  turn++;
  release(stream);
  stream = null;
  video.srcObject = null;
}

function play(video, given) {
  stream = given;
  video.srcObject = given;
  return video.play();
}

function release(it) {
  it?.getTracks().forEach((track) => track.stop());
}
