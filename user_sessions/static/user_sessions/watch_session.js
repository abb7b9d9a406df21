"use strict";

// Show the notice in "user_sessions/_session_ended.html" as soon as this browser's session ends. Without
// this script or without websockets, the user sees that only at the next request.
{
  const SESSION_ENDED = 4401; // as in user_sessions/channels/consumers.py
  const RETRY_DELAY = 300; // milliseconds: a response that is on its way may set a new cookie
  const MAX_BACK_OFF = 5 * 60 * 1000;

  const notice = document.getElementById("session-ended");
  const address = new URL(notice.dataset.watch, location.href);
  address.protocol = location.protocol.replace("http", "ws");
  let backOff = 1000;
  let rejectedAt = Number.NEGATIVE_INFINITY; // when the server last closed with SESSION_ENDED

  const watch = () => {
    const socket = new WebSocket(address);
    socket.onopen = () => {
      backOff = 1000;
    };
    socket.onclose = ({ code }) => {
      if (code !== SESSION_ENDED) {
        setTimeout(watch, backOff);
        backOff = Math.min(2 * backOff, MAX_BACK_OFF);
      } else if (performance.now() - rejectedAt > 20 * RETRY_DELAY) {
        // Another page of this browser may have just got a new session, so try again with its cookie.
        rejectedAt = performance.now();
        setTimeout(watch, RETRY_DELAY);
      } else {
        notice.showModal();
      }
    };
  };

  // Show the notice again if the Escape key closes it: the page must not be read any more.
  notice.addEventListener("close", () => notice.showModal());
  watch();
}
