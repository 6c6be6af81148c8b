import { drive } from '../client/drive.ts';
import { obey } from './obey.ts';

// Plays the clients.
obey(drive);
