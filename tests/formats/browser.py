"""What a browser makes of HTML reports: `browser.py FILE...` shows each to Chromium on a phone, on a laptop and on paper,
light and dark, and prints as JSON what is there and what is wrong. With SLA_SCREENSHOTS=FOLDER it keeps pictures.

The standard library alone: Chromium is spoken to by its DevTools protocol over a web socket.
"""

import base64
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

# Name, width, colours, medium. A4 without its margins is 688 pixels wide.
VIEWS = [
    ("phone", 390, "light", ""),
    ("phone-dark", 390, "dark", ""),
    ("laptop", 1280, "light", ""),
    ("laptop-dark", 1280, "dark", ""),
    ("paper", 688, "dark", "print"),
]

LOOK = r"""
(() => {
  const width = document.documentElement.clientWidth;
  const all = [...document.querySelectorAll('*')];
  const told = e => e.outerHTML.slice(0, 160);
  const shown = e => e.checkVisibility() && e.getClientRects().length > 0;
  const outside = () => [...document.querySelectorAll('body *')].filter(e => {
    const r = e.getBoundingClientRect();
    return shown(e) && r.width > 1 && (r.right > width + 1 || r.left < -1) && !e.closest('thead');
  }).slice(0, 5).map(told);
  const brush = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const pixels = new Map();
  const pixel = colour => {
    if (!pixels.has(colour)) {
      brush.fillStyle = colour;
      brush.fillRect(0, 0, 1, 1);
      pixels.set(colour, [...brush.getImageData(0, 0, 1, 1).data]);
    }
    return pixels.get(colour);
  };
  const luminance = text => {
    const rgb = pixel(text).slice(0, 3).map(n => n / 255)
      .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
  };
  const ground = luminance(getComputedStyle(document.documentElement).backgroundColor);
  const contrast = (text) => {
    const l = luminance(text);
    return (Math.max(l, ground) + 0.05) / (Math.min(l, ground) + 0.05);
  };
  const texts = [...document.querySelectorAll('h1,h2,h3,p,td,th,dd,dt,li,.v,.cap,summary')].filter(shown);
  const faint = texts.filter(e => contrast(getComputedStyle(e).color) < 4.5).slice(0, 3).map(told)
    .concat([...document.querySelectorAll('svg text')].filter(shown)
      .filter(e => contrast(getComputedStyle(e).fill) < 4.5).slice(0, 3).map(told));
  const charts = [...document.querySelectorAll('figure svg')];
  const overlap = [];
  for (const svg of charts) {
    const boxes = [...svg.querySelectorAll('text')].map(e => [e, e.getBoundingClientRect()]);
    for (let i = 0; i < boxes.length; i++) for (let j = i + 1; j < boxes.length; j++) {
      const [a, b] = [boxes[i][1], boxes[j][1]];
      const x = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (x > 1 && y > 4) overlap.push(told(boxes[i][0]) + ' / ' + told(boxes[j][0]));
    }
  }
  const found = {
    scripts: document.scripts.length,
    foreign: all.filter(e => ['IFRAME', 'OBJECT', 'EMBED', 'LINK', 'BASE', 'FORM', 'A', 'FOREIGNOBJECT']
      .includes(e.tagName.toUpperCase())).map(told),
    handlers: all.filter(e => [...e.attributes].some(a => a.name.startsWith('on'))).map(told),
    images: [...document.images].filter(i => !(i.src.startsWith('data:') && i.naturalWidth > 0)).map(told),
    sections: [...document.querySelectorAll('h1,h2')].filter(shown).map(e => e.innerText),
    charts: charts.filter(shown).length,
    unnamed: charts.filter(e => e.getAttribute('role') !== 'img' || !e.querySelector('title')?.textContent
      || !e.querySelector('desc')?.textContent
      || !e.getAttribute('aria-labelledby').split(' ').every(id => document.getElementById(id))
      || !e.closest('figure').querySelector('details table tr')).map(told),
    tiny: [...document.querySelectorAll('figure svg text')].filter(shown)
      .filter(e => e.getBoundingClientRect().height < 9).slice(0, 3).map(told),
    rows: [...document.querySelectorAll('.all tbody tr')].filter(shown).length,
    overlap: overlap.slice(0, 5),
    faint,
    outside: outside(),
    ids: all.filter(e => e.id).length - new Set(all.filter(e => e.id).map(e => e.id)).size,
  };
  document.querySelectorAll('details').forEach(e => e.open = true);
  found.outside_opened = outside();
  found.scroll = document.documentElement.scrollWidth - width;
  document.querySelectorAll('details').forEach(e => e.open = false);
  return found;
})()
"""


class Browser:
    def __init__(self, program):
        self.folder = tempfile.mkdtemp(prefix="sla-browser-")
        options = ["--headless", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-port=0", "--no-first-run"]
        if os.geteuid() == 0:
            options.append("--no-sandbox")
        self.process = subprocess.Popen(
            [program, *options, "--user-data-dir=" + self.folder, "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        port_file = os.path.join(self.folder, "DevToolsActivePort")
        until = time.time() + 60
        while not (os.path.exists(port_file) and open(port_file).read().strip()):
            if time.time() > until or self.process.poll() is not None:
                raise SystemExit("Chromium does not start")
            time.sleep(0.05)
        port = open(port_file).read().split()[0]
        pages = []
        while not pages:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
                pages = [page for page in json.load(answer) if page["type"] == "page"]
        path = pages[0]["webSocketDebuggerUrl"].split(f":{port}", 1)[1]
        self.socket = socket.create_connection(("127.0.0.1", int(port)))
        self.socket.settimeout(120)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.read(1)
        self.calls = 0
        self.events = []

    def read(self, length):
        found = b""
        while len(found) < length:
            part = self.socket.recv(length - len(found))
            if not part:
                raise SystemExit("Chromium went away")
            found += part
        return found

    def message(self):
        text = b""
        while True:
            first, second = self.read(2)
            length = second & 127
            if length == 126:
                (length,) = struct.unpack(">H", self.read(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self.read(8))
            text += self.read(length)
            if first & 0x80:
                return json.loads(text)

    def call(self, method, **params):
        self.calls += 1
        data = json.dumps({"id": self.calls, "method": method, "params": params}).encode()
        mask = os.urandom(4)
        size = len(data)
        if size < 126:
            head = bytes([0x81, 0x80 | size])
        elif size < 65536:
            head = bytes([0x81, 0xFE]) + struct.pack(">H", size)
        else:
            head = bytes([0x81, 0xFF]) + struct.pack(">Q", size)
        self.socket.sendall(head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(data)))
        while True:
            answer = self.message()
            if answer.get("id") == self.calls:
                if "error" in answer:
                    raise SystemExit(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def open(self, file):
        self.events = []
        started = time.time()
        self.call("Page.navigate", url="file://" + os.path.abspath(file))
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.message())
        return time.time() - started

    def complaints(self):
        said = []
        for event in self.events:
            if event.get("method") == "Log.entryAdded" and event["params"]["entry"]["level"] in ("error", "warning"):
                said.append(event["params"]["entry"]["text"])
            if event.get("method") in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled"):
                said.append(json.dumps(event["params"])[:300])
        return said

    def look(self):
        found = self.call("Runtime.evaluate", expression=LOOK, returnByValue=True)
        if "exceptionDetails" in found:
            raise SystemExit(json.dumps(found["exceptionDetails"]))
        return found["result"]["value"]

    def picture(self, file, width):
        height = self.call("Runtime.evaluate", expression="document.documentElement.scrollHeight", returnByValue=True)
        clip = {"x": 0, "y": 0, "width": width, "height": min(height["result"]["value"], 15000), "scale": 1}
        taken = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        with open(file, "wb") as picture:
            picture.write(base64.b64decode(taken["data"]))

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def main(files):
    program = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
    if program is None:
        raise SystemExit("chromium is not installed: `apt-get install chromium`, or run scripts/test")
    browser = Browser(program)
    pictures = os.environ.get("SLA_SCREENSHOTS")
    found = []
    try:
        for domain in ("Page", "Runtime", "Log"):
            browser.call(f"{domain}.enable")
        for file in files:
            for name, width, scheme, medium in VIEWS:
                browser.call(
                    "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
                )
                features = [{"name": "prefers-color-scheme", "value": scheme}]
                browser.call("Emulation.setEmulatedMedia", media=medium, features=features)
                seconds = browser.open(file)
                seen = {"file": file, "view": name, "seconds": seconds, **browser.look()}
                seen["complaints"] = browser.complaints()
                found.append(seen)
                if pictures:
                    stem = os.path.splitext(os.path.basename(file))[0]
                    browser.picture(os.path.join(pictures, f"{stem}-{name}.png"), width)
    finally:
        browser.close()
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
