"""
The emoji that models write as shortcodes (`:tada:`). Discord's client replaces those that people type, and no others.

The names are those of its picker, as far as they are common.
"""

from __future__ import annotations

from collections.abc import Mapping

_TABLE = """
+1 👍 thumbsup 👍 -1 👎 thumbsdown 👎 ok_hand 👌 clap 👏 pray 🙏 wave 👋 raised_hands 🙌 muscle 💪 point_right 👉
point_left 👈 point_up ☝️ point_down 👇 eyes 👀 smile 😄 smiley 😃 grin 😁 grinning 😀 joy 😂 laughing 😆 wink 😉
blush 😊 slight_smile 🙂 sunglasses 😎 thinking 🤔 cry 😢 sob 😭 sweat_smile 😅 heart ❤️ heart_eyes 😍 broken_heart 💔
fire 🔥 star ⭐ star2 🌟 sparkles ✨ zap ⚡ boom 💥 tada 🎉 confetti_ball 🎊 rocket 🚀 100 💯 bulb 💡 warning ⚠️
white_check_mark ✅ heavy_check_mark ✔️ ballot_box_with_check ☑️ x ❌ no_entry ⛔ no_entry_sign 🚫 question ❓
exclamation ❗ information_source ℹ️ arrow_right ➡️ arrow_left ⬅️ arrow_up ⬆️ arrow_down ⬇️ red_circle 🔴
green_circle 🟢 yellow_circle 🟡 blue_circle 🔵 book 📖 books 📚 memo 📝 pencil 📝 pushpin 📌 paperclip 📎 link 🔗
lock 🔒 unlock 🔓 key 🔑 mag 🔍 hammer 🔨 wrench 🔧 gear ⚙️ tools 🛠️ package 📦 computer 💻 bug 🐛 robot 🤖
chart_with_upwards_trend 📈 chart_with_downwards_trend 📉 bar_chart 📊 calendar 📆 date 📅 hourglass ⌛ bell 🔔
alarm_clock ⏰ email 📧 envelope ✉️ phone ☎️ house 🏠 earth_asia 🌏 sunny ☀️ cloud ☁️ snowflake ❄️ coffee ☕
pizza 🍕 gift 🎁 trophy 🏆 dart 🎯 art 🎨 musical_note 🎵 cat 🐱 dog 🐶 seedling 🌱 recycle ♻️ moneybag 💰
speech_balloon 💬
"""


def _read(table: str) -> Mapping[str, str]:
    words = table.split()
    return dict(zip(words[::2], words[1::2], strict=True))


SHORTCODES = _read(_TABLE)
"""The emoji of each name."""
