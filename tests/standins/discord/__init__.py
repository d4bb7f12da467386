"""
A Discord for tests and a chaos harness: real HTTP and real WebSockets on the loopback, as strict as Discord's pages.

    async with Discord() as discord:
        kim, channel = discord.add_user("kim"), discord.add_channel("general")
        # … start a bot with discord.api_url and discord.token
        message = await discord.post(kim, channel, f"{discord.mention} hello")
        await discord.wait_for(lambda: discord.replies(channel))

README.md in this folder says what it plays and what not. It knows nothing of bot/.
"""

from tests.standins.discord.faults import Delayed, Hung, Lost, RateLimited, Refused, ServerError, Stranger
from tests.standins.discord.standin import Discord

__all__ = ["Delayed", "Discord", "Hung", "Lost", "RateLimited", "Refused", "ServerError", "Stranger"]
