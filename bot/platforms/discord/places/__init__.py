"""Where things are on Discord: what is known of guilds, channels and threads. Other rooms ask Places."""

from bot.platforms.discord.places.place import DIRECT as DIRECT
from bot.platforms.discord.places.place import Kind as Kind
from bot.platforms.discord.places.place import Place as Place
from bot.platforms.discord.places.places import Places as Places
