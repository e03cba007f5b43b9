// A short tone, so that people hear whether they would hear the stimulus.

const [SECONDS, PITCH, LOUD] = [0.6, 440, 0.2];

export function tone() {
  const context = new AudioContext();
  const [source, volume] = [context.createOscillator(), context.createGain()];
  source.frequency.value = PITCH;
  volume.gain.setValueAtTime(LOUD, context.currentTime);
  volume.gain.linearRampToValueAtTime(0, context.currentTime + SECONDS);
  source.connect(volume).connect(context.destination);
  source.onended = () => context.close();
  source.start();
  source.stop(context.currentTime + SECONDS);
}
