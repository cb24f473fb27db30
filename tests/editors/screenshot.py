"""A picture of Neovim with the server, as SVG: what a terminal shows.

    python tests/editors/screenshot.py NVIM MAM POLICY OUT.svg KEYS…

Keys are typed one after the other, with a pause behind each. Needs the package pyte.
"""

import html
import os
import pathlib
import pty
import re
import select
import struct
import sys
import tempfile
import time
import fcntl
import termios

import pyte

COLUMNS, LINES = 112, 34
WIDTH, HEIGHT = 8.4, 18
BACK, FORE = "14161b", "e0e2ea"
NAMED = {
    "black": "07080d", "red": "ffc0b9", "green": "b3f6c0", "brown": "fce094", "blue": "a6dbff",
    "magenta": "ffcaff", "cyan": "8cf8f7", "white": "eef1f8",
}


def colour(name, default):
    if name == "default":
        return default
    return NAMED.get(name.removeprefix("bright"), name if re.fullmatch("[0-9a-f]{6}", name) else default)


def record(nvim, mam, policy, keys):
    root = pathlib.Path(__file__).resolve().parents[2]
    lua = (root / "docs/editor.md").read_text().split("\n```lua\n")[1].split("\n```")[0]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        folder = pathlib.Path(scratch)
        (folder / "init.lua").write_text(lua + "\nvim.o.termguicolors = true\nvim.o.updatetime = 100\n"
                                         "vim.diagnostic.config({ virtual_text = true })\nvim.o.number = true\n")
        (folder / "contoso.mam").write_text(pathlib.Path(policy).read_text())
        (folder / "bin").mkdir()
        (folder / "bin/mam").symlink_to(pathlib.Path(mam).resolve())
        screen = pyte.Screen(COLUMNS, LINES)
        stream = pyte.ByteStream(screen)
        pid, fd = pty.fork()
        if pid == 0:
            os.chdir(folder)
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", XDG_STATE_HOME=scratch,
                              PATH=f"{folder}/bin:{os.environ['PATH']}")
            os.execvp(nvim, [nvim, "-n", "-u", "init.lua", "contoso.mam"])
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))

        def watch(seconds):
            end = time.time() + seconds
            while time.time() < end:
                if select.select([fd], [], [], 0.1)[0]:
                    try:
                        stream.feed(os.read(fd, 65536))
                    except OSError:
                        return

        watch(6)
        for key in keys:
            os.write(fd, key.encode().decode("unicode_escape").encode("latin-1"))
            watch(3)
        os.write(fd, b"\x1b")
        lines = [[screen.buffer[row][column] for column in range(COLUMNS)] for row in range(LINES)]
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        return lines


def draw(lines):
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {COLUMNS * WIDTH:.0f} {LINES * HEIGHT}" '
        'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14">',
        "<title>A policy in Neovim, with the language server</title>",
        f'<rect width="100%" height="100%" fill="#{BACK}"/>',
    ]
    for row, cells in enumerate(lines):
        runs = []
        for column, cell in enumerate(cells):
            fore, back = colour(cell.fg, FORE), colour(cell.bg, BACK)
            if cell.reverse:
                fore, back = back, fore
            look = (fore, back, cell.bold, cell.italics, cell.underscore)
            if runs and runs[-1][0] == look:
                runs[-1][2].append(cell.data)
            else:
                runs.append((look, column, [cell.data]))
        for (fore, back, bold, italic, under), column, text in runs:
            x, y = column * WIDTH, row * HEIGHT
            if back != BACK:
                out.append(f'<rect x="{x:.1f}" y="{y}" width="{len(text) * WIDTH:.1f}" height="{HEIGHT}" fill="#{back}"/>')
            shown = "".join(text)
            if shown.strip():
                style = (' font-weight="bold"' if bold else "") + (' font-style="italic"' if italic else "")
                style += ' text-decoration="underline"' if under else ""
                length = len(shown) * WIDTH
                out.append(f'<text x="{x:.1f}" y="{y + 13.5}" fill="#{fore}" textLength="{length:.1f}" '
                           f'xml:space="preserve"{style}>{html.escape(shown)}</text>')
    return "\n".join(out) + "\n</svg>\n"


if __name__ == "__main__":
    nvim, mam, policy, out, *keys = sys.argv[1:]
    pathlib.Path(out).write_text(draw(record(nvim, mam, policy, keys)))
