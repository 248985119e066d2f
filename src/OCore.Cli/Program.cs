Console.WriteLine("ocore");
