/** The one way in which this folder says that a model cannot be used. */
import { WeirError } from '../flow/errors.ts';

/** `what` goes on from the folder's name: `FOLDER: no model.onnx`. */
export function unusable(folder: string, what: string, cause?: unknown): WeirError {
  return new WeirError('model_unusable', `${folder}: ${what}`, { cause });
}
