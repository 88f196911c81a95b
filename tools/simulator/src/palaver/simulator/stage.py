"""The state of one simulated world: its settings, what is armed, what was recorded, which prompts are cached."""

from palaver.simulator.caching import PromptCaches
from palaver.simulator.faults import Armoury, Fault, Script
from palaver.simulator.recorder import Recorder
from palaver.simulator.settings import SimulatorSettings


class Stage:
    """Shared by the providers' endpoints, the control endpoints and, in process, by tests."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self.settings = settings
        self.faults = Armoury[Fault](settings.max_armed)
        self.scripts = Armoury[Script](settings.max_armed)
        self.recorder = Recorder(settings.max_records, settings.max_record_bytes)
        self.prompts = PromptCaches(settings.max_cached_prefixes)
        self._accepted = frozenset(key.get_secret_value() for key in settings.accepted_keys)
        self._invalid = frozenset(key.get_secret_value() for key in settings.invalid_keys)

    def accepts(self, key: str) -> bool:
        """Whether a provider of this world takes the key."""
        return key not in self._invalid and (not self._accepted or key in self._accepted)

    def reset(self) -> None:
        """As after the start: nothing armed, nothing recorded, nothing cached."""
        self.faults.clear()
        self.scripts.clear()
        self.recorder.clear()
        self.prompts.clear()
