"""The player of a recording on a page: is it really played, and who is heard in which channel?"""

from __future__ import annotations

import wave
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from tests.support.asterisk import RATE, tone

LOUD, SILENT = 0.05, 0.01
"""Amplitudes of full scale: of a tone that is there, and of one that is not."""
TONES = """async (element, pitches) => {
  const answer = await fetch(element.currentSrc)
  const sound = await new OfflineAudioContext(2, 1, 8000).decodeAudioData(await answer.arrayBuffer())
  const amplitude = (part, pitch) => {
    const factor = 2 * Math.cos(2 * Math.PI * pitch / sound.sampleRate)
    let before = 0, last = 0
    for (const sample of part) [before, last] = [last, sample + factor * last - before]
    return 2 * Math.sqrt(Math.max(0, before * before + last * last - factor * last * before)) / part.length
  }
  const loudest = (channel, pitch) => {
    const data = sound.getChannelData(channel)
    const step = Math.round(sound.sampleRate / 5)
    let most = 0
    for (let at = 0; at + step <= data.length; at += step) {
      most = Math.max(most, amplitude(data.subarray(at, at + step), pitch))
    }
    return most
  }
  return [0, 1].map(channel => pitches.map(pitch => loudest(channel, pitch)))
}"""


def voice(path: Path, pitch: float) -> Path:
    """A WAV file for a browser's microphone: short beeps, because a lasting tone is taken for noise there."""
    with wave.open(str(tone(path, pitch, 0.4)), "rb") as beep:
        params, samples = beep.getparams(), beep.readframes(beep.getnframes())
    with wave.open(str(path), "wb") as file:
        file.setparams(params)
        file.writeframes(samples + bytes(2 * int(0.6 * RATE)))
    return path


async def listen(player: Locator) -> None:
    """Open the recording and play it; its time goes on."""
    await player.get_by_role("button", name="听录音").click()
    await expect(player.locator(".side path")).to_have_count(2)
    await player.get_by_role("button", name="播放").click()
    audio = player.locator("audio")
    await audio.page.wait_for_function(
        "element => element.currentTime > 0.3 && !element.error", arg=await audio.element_handle()
    )


async def tones_in(player: Locator, *pitches: float) -> list[list[float]]:
    """How loud each of the pitches (Hz) is in the caller's channel, and in the agent's."""
    found: list[list[float]] = await player.locator("audio").evaluate(TONES, list(pitches))
    return found


def player_on(page: Page) -> Locator:
    """The only recording on the page."""
    return page.locator(".recording")
