"""A platform has what its world does not say it lacks, and has nothing of what its world says it lacks."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

from bot.core.ports import Platform
from tests.contract.world import EVENTS, PROTOCOLS, WORLDS, Capability, World, lacked


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_a_world_says_why_its_platform_lacks_something(name: str) -> None:
    assert all(lacked(name).values())


@pytest.mark.parametrize("capability", sorted(PROTOCOLS))
async def test_a_door_has_the_methods_of_a_capability_or_none_of_them(world: World, capability: Capability) -> None:
    protocol, platform = PROTOCOLS[capability], world.platform()
    methods = {name for name in vars(protocol) if not name.startswith("_")}
    there = {name for name in methods if hasattr(type(platform), name)}
    assert there == (set() if capability in world.lacks else methods)
    assert isinstance(platform, protocol) is (capability not in world.lacks)


@pytest.mark.parametrize("capability", sorted(EVENTS))
async def test_the_code_of_a_door_makes_an_event_unless_its_world_lacks_it(
    world: World, capability: Capability
) -> None:
    """What a door does not name it cannot hand in, whatever the platform sends."""
    made = names_in(package_of(world.platform()))
    assert (EVENTS[capability].__name__ in made) is (capability not in world.lacks)


def package_of(platform: Platform) -> Path:
    return Path(inspect.getfile(type(platform))).parent


def names_in(package: Path) -> set[str]:
    trees = [ast.parse(module.read_text(encoding="utf-8")) for module in package.rglob("*.py")]
    return {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}
