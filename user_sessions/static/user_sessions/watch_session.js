"use strict";

// Shows the notice of "user_sessions/_session_ended.html" as soon as this browser's session has ended. A
// page without it, or a site without websockets, finds out at the next click.
{
  const SESSION_ENDED = 4401; // as in user_sessions/channels/consumers.py
  const SOON = 300; // milliseconds, in which an answer on its way may bring a new cookie
  const SLOWEST = 5 * 60 * 1000;

  const notice = document.getElementById("session-ended");
  const address = new URL(notice.dataset.watch, location.href);
  address.protocol = location.protocol.replace("http", "ws");
  let pause = 1000;
  let refused = Number.NEGATIVE_INFINITY; // when the server last said so

  const watch = () => {
    const socket = new WebSocket(address);
    socket.onopen = () => {
      pause = 1000;
    };
    socket.onclose = ({ code }) => {
      if (code !== SESSION_ENDED) {
        setTimeout(watch, pause);
        pause = Math.min(2 * pause, SLOWEST);
      } else if (performance.now() - refused > 20 * SOON) {
        // Another page of this browser may just have got a new session, so ask with its cookie.
        refused = performance.now();
        setTimeout(watch, SOON);
      } else {
        notice.showModal();
      }
    };
  };

  // Nobody goes on reading: what the Escape key closes comes back.
  notice.addEventListener("close", () => notice.showModal());
  watch();
}
